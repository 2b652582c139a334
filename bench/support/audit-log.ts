import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';

/** The part of an audit.k8s.io/v1 Event that is read here. */
export interface AuditEvent {
  requestReceivedTimestamp: string;
  /** When the line was written: right before the answer left. */
  stageTimestamp: string;
  verb: string;
  user: { username: string };
  impersonatedUser?: { username: string };
  sourceIPs?: string[];
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; name?: string };
  responseStatus?: { code?: number };
}

export interface AuditFlags {
  policyPath: string;
  logPath: string;
  /** Log watches, too, when they begin. */
  watches?: boolean;
}

/** The flags that make kube-apiserver write one line for each request that it has answered to `logPath`, before the answer leaves. */
export async function auditFlags({ policyPath, logPath, watches = false }: AuditFlags): Promise<string[]> {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: watches ? ['RequestReceived'] : ['RequestReceived', 'ResponseStarted'],
    rules: [...(watches ? [] : [{ level: 'None', verbs: ['watch'] }]), { level: 'Metadata' }],
  };
  await writeFile(policyPath, JSON.stringify(policy));
  return [`--audit-policy-file=${policyPath}`, `--audit-log-path=${logPath}`, '--audit-log-mode=blocking'];
}

/** The requests of the log, in the order of their answers, without one whose line is being written. Throws when it can't be read. */
export async function* readAuditLog(logPath: string): AsyncGenerator<AuditEvent> {
  let rest = '';
  for await (const piece of createReadStream(logPath, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as AuditEvent;
  }
}

/** The user in whose name a request was made. */
export const userOf = ({ user, impersonatedUser }: AuditEvent): string => (impersonatedUser ?? user).username;

/** `pods`, `taskruns/status`. */
export const resourceOf = ({ objectRef: { resource = '', subresource } = {} }: AuditEvent): string =>
  subresource === undefined ? resource : `${resource}/${subresource}`;
