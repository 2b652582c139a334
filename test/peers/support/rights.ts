import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { V1ClusterRole, V1PolicyRule, V1Role } from '@kubernetes/client-node';

import type { KubeObject } from '../../../shared/kubernetes/types.ts';

/** The flags of a kube-apiserver that writes a line for each request to `logPath`: of a watch when it begins. */
export async function rightsAuditFlags(policyPath: string, logPath: string): Promise<string[]> {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  };
  await writeFile(policyPath, JSON.stringify(policy));
  return [`--audit-policy-file=${policyPath}`, `--audit-log-path=${logPath}`, '--audit-log-mode=blocking'];
}

interface AuditEvent {
  verb: string;
  user: { username: string };
  impersonatedUser?: { username: string };
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; name?: string };
  responseStatus?: { code?: number };
}

/** `patch tekton.dev/pipelineruns`; with the object's name where a right is limited to it: `get /secrets a`. */
const right = (verb: string, group: string, resource: string, name?: string): string =>
  `${verb} ${group}/${resource}${name === undefined ? '' : ` ${name}`}`;

/** The rights that a user's requests took, and those that it had not. `named`: resources whose rights are limited to objects, as `group/resource`. */
export async function usedRights(
  logPath: string,
  username: string,
  granted: Set<string>,
): Promise<{ used: Set<string>; refused: Set<string> }> {
  const used = new Set<string>();
  const refused = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(logPath), crlfDelay: Infinity })) {
    const event = JSON.parse(line) as AuditEvent;
    if ((event.impersonatedUser ?? event.user).username !== username || !event.objectRef) continue;
    const { apiGroup = '', resource = '', subresource, name } = event.objectRef;
    const path = subresource === undefined ? resource : `${resource}/${subresource}`;
    const limited = right(event.verb, apiGroup, path, name);
    const found = granted.has(limited) ? limited : right(event.verb, apiGroup, path);
    (event.responseStatus?.code === 403 ? refused : used).add(found);
  }
  return { used, refused };
}

function rightsOf({ apiGroups = [], resources = [], resourceNames, verbs }: V1PolicyRule): string[] {
  return verbs.flatMap((verb) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => (resourceNames ?? [undefined]).map((name) => right(verb, group, resource, name))),
    ),
  );
}

/** The rights that the roles of a name give. */
export function grantedRights(objects: KubeObject[], roleName: string): Set<string> {
  const roles = objects.filter(
    ({ kind, metadata }) => (kind === 'Role' || kind === 'ClusterRole') && metadata.name === roleName,
  ) as (KubeObject & (V1Role | V1ClusterRole))[];
  return new Set(roles.flatMap(({ rules }) => (rules ?? []).flatMap(rightsOf)));
}
