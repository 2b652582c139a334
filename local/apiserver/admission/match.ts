import type { ResourceType } from '../catalog/resource-type.ts';
import type { Webhook, WebhookRule } from './webhook.ts';

/** What rules are matched with. */
export interface Asked {
  operation: string;
  subresource: string | undefined;
  namespace: string | undefined;
}

function includes(list: string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function matchesScope(scope: string, type: ResourceType, namespace: string | undefined): boolean {
  if (scope === '*') return true;
  const namespaced = type.storageKey !== '/namespaces' && (namespace ?? '') !== '';
  return (scope === 'Namespaced') === namespaced;
}

function matchesResource(rule: WebhookRule, resource: string, subresource: string): boolean {
  return (rule.resources ?? []).some((one) => {
    const slash = one.indexOf('/');
    const [name, sub] = slash === -1 ? [one, ''] : [one.slice(0, slash), one.slice(slash + 1)];
    return (name === '*' || name === resource) && (sub === '*' || sub === subresource);
  });
}

function matchesRule(rule: WebhookRule, type: ResourceType, asked: Asked): boolean {
  return (
    matchesScope(rule.scope ?? '*', type, asked.namespace) &&
    includes(rule.operations, asked.operation) &&
    includes(rule.apiGroups, type.group) &&
    includes(rule.apiVersions, type.version) &&
    matchesResource(rule, type.resource, asked.subresource ?? '')
  );
}

/**
 * The version in which a webhook gets the object: the requested one if a rule names it, else (matchPolicy Equivalent) another served
 * version of the same resource that a rule names, earlier rules first. Undefined if no rule matches.
 */
export function matchingVersion(
  { rules = [], matchPolicy }: Webhook,
  type: ResourceType,
  versions: ResourceType[],
  asked: Asked,
): ResourceType | undefined {
  if (rules.some((rule) => matchesRule(rule, type, asked))) return type;
  if (matchPolicy !== 'Equivalent') return undefined;
  for (const rule of rules) {
    const equivalent = versions.find((one) => one.version !== type.version && matchesRule(rule, one, asked));
    if (equivalent !== undefined) return equivalent;
  }
  return undefined;
}
