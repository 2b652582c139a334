import type { KubeObject } from '../object.ts';
import type { LabelSelector } from '../storage/label-selector.ts';

export type WebhookKind = 'mutating' | 'validating';

export interface WebhookRule {
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  operations?: string[];
  scope?: string;
}

export interface MatchCondition {
  name?: string;
  expression?: string;
}

export interface ServiceReference {
  namespace?: string;
  name?: string;
  path?: string;
  port?: number;
}

/** One webhook of a stored MutatingWebhookConfiguration or ValidatingWebhookConfiguration, defaults filled in. */
export interface Webhook {
  name: string;
  clientConfig: { url?: string; caBundle?: string; service?: ServiceReference };
  rules?: WebhookRule[];
  failurePolicy: string;
  matchPolicy: string;
  namespaceSelector: LabelSelector;
  objectSelector: LabelSelector;
  /** Of mutating webhooks only. */
  reinvocationPolicy?: string;
  sideEffects?: string;
  timeoutSeconds: number;
  admissionReviewVersions?: string[];
  matchConditions?: MatchCondition[];
}

export function webhooksOf(configuration: KubeObject): Webhook[] {
  return Array.isArray(configuration['webhooks']) ? (configuration['webhooks'] as Webhook[]) : [];
}
