import type { Strategy } from '../catalog/resource-type.ts';
import { forbiddenField, invalid, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import type { LabelSelector } from '../storage/label-selector.ts';

export interface WebhookRule {
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  operations?: string[];
  scope?: string;
}

/** One webhook of a MutatingWebhookConfiguration, defaults filled in. */
export interface Webhook {
  name: string;
  clientConfig: { url?: string; caBundle?: string; service?: unknown };
  rules: WebhookRule[];
  failurePolicy: 'Ignore' | 'Fail';
  matchPolicy: 'Exact' | 'Equivalent';
  namespaceSelector: LabelSelector;
  objectSelector: LabelSelector;
  reinvocationPolicy: string;
  sideEffects?: string;
  timeoutSeconds: number;
  admissionReviewVersions?: string[];
  matchConditions?: unknown[];
}

export function webhooksOf(configuration: KubeObject): Webhook[] {
  return Array.isArray(configuration['webhooks']) ? (configuration['webhooks'] as Webhook[]) : [];
}

function checkUrl(url: string, field: string): FieldError[] {
  const parsed = URL.parse(url);
  if (parsed === null) return [invalid(field, url, 'url must be a valid URL: host must be specified')];
  const errors: FieldError[] = [];
  if (parsed.protocol !== 'https:')
    errors.push(
      invalid(
        field,
        parsed.protocol.slice(0, -1),
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    );
  if (parsed.search !== '')
    errors.push(invalid(field, parsed.search.slice(1), 'query parameters are not permitted in the URL'));
  if (parsed.hash !== '')
    errors.push(
      invalid(
        field,
        parsed.hash.slice(1),
        'fragments are not permitted in the URL; desired format: https://host[/path]',
      ),
    );
  if (parsed.username !== '')
    errors.push(
      invalid(
        field,
        parsed.username,
        'user information is not permitted in the URL; desired format: https://host[/path]',
      ),
    );
  return errors;
}

function checkWebhook(webhook: Webhook, field: string): FieldError[] {
  const { clientConfig } = webhook;
  const errors: FieldError[] = [];
  if (webhook.name === undefined || webhook.name.split('.').length < 3) {
    errors.push(
      invalid(`${field}.name`, webhook.name ?? '', 'should be a domain with at least three segments separated by dots'),
    );
  }
  if (clientConfig?.service !== undefined)
    errors.push(
      forbiddenField(
        `${field}.clientConfig.service`,
        'the embedded API server has no Services to call: give clientConfig.url',
      ),
    );
  else if (clientConfig?.url === undefined)
    errors.push(required(`${field}.clientConfig`, 'exactly one of url or service is required'));
  else errors.push(...checkUrl(clientConfig.url, `${field}.clientConfig.url`));
  if (!['None', 'NoneOnDryRun'].includes(webhook.sideEffects ?? ''))
    errors.push(notSupported(`${field}.sideEffects`, webhook.sideEffects ?? '', ['None', 'NoneOnDryRun']));
  if (!(webhook.admissionReviewVersions ?? []).includes('v1'))
    errors.push(required(`${field}.admissionReviewVersions`, 'must specify one of v1, v1beta1; this server speaks v1'));
  if (!['Ignore', 'Fail'].includes(webhook.failurePolicy))
    errors.push(notSupported(`${field}.failurePolicy`, webhook.failurePolicy, ['Fail', 'Ignore']));
  if (webhook.reinvocationPolicy !== 'Never')
    errors.push(notSupported(`${field}.reinvocationPolicy`, webhook.reinvocationPolicy, ['Never']));
  if (webhook.timeoutSeconds < 1 || webhook.timeoutSeconds > 30) {
    errors.push(
      invalid(`${field}.timeoutSeconds`, webhook.timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    );
  }
  if ((webhook.matchConditions ?? []).length > 0)
    errors.push(
      forbiddenField(`${field}.matchConditions`, 'the embedded API server does not evaluate CEL expressions'),
    );
  return errors;
}

/** Reinvocation `IfNeeded`, CEL conditions and Services are refused in so many words, rather than taken and not honoured. */
export const webhookConfigurationStrategy: Strategy = {
  applyDefaults(object) {
    for (const webhook of webhooksOf(object) as Partial<Webhook>[]) {
      webhook.failurePolicy ??= 'Fail';
      webhook.matchPolicy ??= 'Equivalent';
      webhook.namespaceSelector ??= {};
      webhook.objectSelector ??= {};
      webhook.reinvocationPolicy ??= 'Never';
      webhook.timeoutSeconds ??= 10;
      for (const rule of webhook.rules ?? []) rule.scope ??= '*';
    }
  },
  validate: (object) => webhooksOf(object).flatMap((webhook, index) => checkWebhook(webhook, `webhooks[${index}]`)),
};
