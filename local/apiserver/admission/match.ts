import type { ResourceType } from '../catalog/resource-type.ts';
import type { Webhook, WebhookRule } from './configuration.ts';

export interface Asked {
  operation: string;
  subresource: string | undefined;
}

function includes(list: string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function matchesResource(rule: WebhookRule, resource: string, subresource: string | undefined): boolean {
  return (rule.resources ?? []).some((one) => {
    const [name, sub] = one.split('/');
    const nameFits = name === '*' || name === resource;
    return (
      nameFits && (sub === undefined ? subresource === undefined || one === '*/*' : sub === '*' || sub === subresource)
    );
  });
}

function matchesRule(rule: WebhookRule, type: ResourceType, asked: Asked): boolean {
  const scope = rule.scope ?? '*';
  const scopeFits = scope === '*' || (scope === 'Namespaced') === type.namespaced;
  return (
    scopeFits &&
    includes(rule.apiGroups, type.group) &&
    includes(rule.apiVersions, type.version) &&
    includes(rule.operations, asked.operation) &&
    matchesResource(rule, type.resource, asked.subresource)
  );
}

/**
 * The served version in which a webhook wants to see the object: the requested one where a rule names it, else (matchPolicy
 * Equivalent) another version of the same resource that a rule names; undefined where no rule matches.
 */
export function matchingVersion(
  webhook: Webhook,
  type: ResourceType,
  versions: ResourceType[],
  asked: Asked,
): ResourceType | undefined {
  const matches = (one: ResourceType): boolean => webhook.rules.some((rule) => matchesRule(rule, one, asked));
  if (matches(type)) return type;
  return webhook.matchPolicy === 'Equivalent' ? versions.find(matches) : undefined;
}
