import { invalid, notSupported, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import type { WebhookRule } from '../webhook.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

function checkWildcard(list: string[], field: string, what: string): FieldError[] {
  if (list.length === 0) return [required(field)];
  return list.length > 1 && list.includes('*')
    ? [invalid(field, list, `if '*' is present, must not specify other ${what}`)]
    : [];
}

/** After `RES/*` (or `*` with `/SUB`) no other entry of the same resource (or subresource) is allowed. */
function checkSubresources(resources: string[], field: string): FieldError[] {
  const whole = new Set<string>();
  const everywhere = new Set<string>();
  return resources.flatMap((one, index) => {
    if (one === '') return [required(`${field}[${index}]`)];
    const slash = one.indexOf('/');
    if (slash === -1) return [];
    const [resource, sub] = [one.slice(0, slash), one.slice(slash + 1)];
    const errors: FieldError[] = [];
    if (whole.has(resource))
      errors.push(invalid(`${field}[${index}]`, one, `if '${resource}/*' is present, must not specify ${one}`));
    if (everywhere.has(sub))
      errors.push(invalid(`${field}[${index}]`, one, `if '*/${sub}' is present, must not specify ${one}`));
    if (sub === '*') whole.add(resource);
    if (resource === '*') everywhere.add(sub);
    return errors;
  });
}

function checkResources(resources: string[], field: string): FieldError[] {
  if (resources.length === 0) return [required(field)];
  const plain = resources.filter((one) => one !== '' && !one.includes('/'));
  const errors = checkSubresources(resources, field);
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"));
  // As in Kubernetes, the last one without a subresource decides.
  if (plain.includes('*') && plain.at(-1) !== '*')
    errors.push(invalid(field, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

/** All errors in one rule of a webhook. */
export function checkRule(rule: WebhookRule, field: string): FieldError[] {
  const { operations: asked = [], apiGroups = [], apiVersions = [], resources = [], scope = '*' } = rule;
  return [
    ...checkWildcard(asked, `${field}.operations`, 'operations'),
    ...asked.flatMap((one, index) =>
      operations.includes(one) ? [] : [notSupported(`${field}.operations[${index}]`, one, operations)],
    ),
    ...checkWildcard(apiGroups, `${field}.apiGroups`, 'API groups'),
    ...checkWildcard(apiVersions, `${field}.apiVersions`, 'API versions'),
    ...apiVersions.flatMap((one, index) => (one === '' ? [required(`${field}.apiVersions[${index}]`)] : [])),
    ...checkResources(resources, `${field}.resources`),
    ...(scopes.includes(scope) ? [] : [notSupported(`${field}.scope`, scope, scopes)]),
  ];
}
