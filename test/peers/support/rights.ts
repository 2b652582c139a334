import type { V1ClusterRole, V1PolicyRule, V1Role } from '@kubernetes/client-node';

import { readAuditLog, resourceOf, userOf } from '../../../bench/support/audit-log.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';

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
  for await (const event of readAuditLog(logPath)) {
    if (userOf(event) !== username || !event.objectRef) continue;
    const { apiGroup = '', name } = event.objectRef;
    const path = resourceOf(event);
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
