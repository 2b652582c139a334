import type { Strategy } from '../catalog/resource-type.ts';
import { checkWebhooks } from './checks/webhook.ts';
import { checkExpression } from './conditions.ts';
import { webhooksOf } from './webhook.ts';
import type { Webhook, WebhookKind } from './webhook.ts';

const HTTPS_PORT = 443;

function fillIn(webhook: Partial<Webhook>, kind: WebhookKind): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (kind === 'mutating') webhook.reinvocationPolicy ??= 'Never';
  const { service } = webhook.clientConfig ?? {};
  if (service !== undefined) service.port ??= HTTPS_PORT;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
}

function strategyOf(kind: WebhookKind): Strategy {
  return {
    applyDefaults: (object) => {
      for (const webhook of webhooksOf(object)) fillIn(webhook, kind);
    },
    validate: (object) => checkWebhooks(webhooksOf(object), kind, checkExpression),
  };
}

export const mutatingConfigurationStrategy = strategyOf('mutating');
export const validatingConfigurationStrategy = strategyOf('validating');
