import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** The flags that make kube-apiserver write one line for each request that it has answered to `logPath`, before the answer leaves. */
export async function auditFlags(policyPath: string, logPath: string): Promise<string[]> {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [{ level: 'None', verbs: ['watch'] }, { level: 'Metadata' }],
  };
  await writeFile(policyPath, JSON.stringify(policy));
  return [`--audit-policy-file=${policyPath}`, `--audit-log-path=${logPath}`, '--audit-log-mode=blocking'];
}

/** The part of an audit.k8s.io/v1 Event that is read here. */
interface AuditEvent {
  verb: string;
  user: { username: string };
  impersonatedUser?: { username: string };
  objectRef?: { resource?: string; subresource?: string; name?: string; namespace?: string };
  responseStatus?: { code?: number };
}

export interface ApiRequest {
  /** `create pods`, `update taskruns/status`; with the status code where it was an error. */
  kind: string;
  /** The object's name, for lists empty. */
  name: string;
}

function requestOf({ verb, objectRef = {}, responseStatus = {} }: AuditEvent): ApiRequest {
  const { resource = '', subresource, name = '' } = objectRef;
  const { code = 0 } = responseStatus;
  const kind = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  return { kind: code >= 400 ? `${kind} (${code})` : kind, name };
}

/** The requests that `username` made, in the order of their answers. Throws when the log can't be read. */
export async function readAuditLog(logPath: string, username: string): Promise<ApiRequest[]> {
  const requests: ApiRequest[] = [];
  for await (const line of createInterface({ input: createReadStream(logPath), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const event = JSON.parse(line) as AuditEvent;
    if ((event.impersonatedUser ?? event.user).username === username) requests.push(requestOf(event));
  }
  return requests;
}
