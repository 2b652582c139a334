import type { Catalog } from '../catalog/catalog.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { KubeObject } from '../object.ts';
import type { Store } from '../storage/store.ts';
import type { AdmissionAttributes } from './attributes.ts';
import type { WebhookCaller } from './call.ts';
import type { FailingOpen } from './failing-open.ts';
import { meetsConditions } from './conditions.ts';
import { selectedVersion } from './select.ts';
import { webhooksOf } from './webhook.ts';
import type { Webhook, WebhookKind } from './webhook.ts';

/** What finding and calling webhooks needs. */
export interface Dispatch {
  store: Store;
  catalog: Catalog;
  caller: WebhookCaller;
  failingOpen: FailingOpen;
}

/** One webhook with its identity among all configurations. */
export interface Hook {
  uid: string;
  webhook: Webhook;
}

const GROUP = 'admissionregistration.k8s.io';
const resources = { mutating: 'mutatingwebhookconfigurations', validating: 'validatingwebhookconfigurations' } as const;

/** All webhooks in call order: by the name of the configuration, then by position in it. */
export function hooksOf(store: Store, kind: WebhookKind): Hook[] {
  return store.list(`${GROUP}/${resources[kind]}`).flatMap((configuration) =>
    webhooksOf(configuration).map((webhook, index) => ({
      uid: `${configuration.metadata.name ?? ''}/${webhook.name}/${index}`,
      webhook,
    })),
  );
}

/** Webhook configurations are never sent to webhooks: a broken one could not be deleted otherwise. */
export function isExempt({ group }: ResourceType): boolean {
  return group === GROUP;
}

/** The version in which a webhook gets this write's `object`; undefined if it is not called. Throws if that can't be decided. */
export function askedVersion(
  { store, catalog }: Dispatch,
  { webhook }: Hook,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
): ResourceType | undefined {
  const seen = selectedVersion(store, catalog, webhook, attributes, object);
  return seen !== undefined && meetsConditions(webhook, attributes, object, seen) ? seen : undefined;
}
