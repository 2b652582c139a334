import type { Catalog } from '../catalog/catalog.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { KubeObject } from '../object.ts';
import { notFound } from '../status.ts';
import { matchesLabelSelector } from '../storage/label-selector.ts';
import type { LabelSelector } from '../storage/label-selector.ts';
import type { Store } from '../storage/store.ts';
import type { AdmissionAttributes } from './attributes.ts';
import { matchingVersion } from './match.ts';
import type { Webhook } from './webhook.ts';

const NAMESPACES = '/namespaces';

function isEmpty(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
}

/** The namespace's labels. For a Namespace they are the submitted ones. */
function namespaceFits(
  store: Store,
  webhook: Webhook,
  { type, operation, namespace, name, subresource }: AdmissionAttributes,
  object: KubeObject | undefined,
): boolean {
  const isNamespace = type.storageKey === NAMESPACES;
  if ((namespace ?? '') === '' && !isNamespace) return true;
  if (isEmpty(webhook.namespaceSelector)) return true;
  if (isNamespace && subresource === undefined && operation !== 'DELETE')
    return matchesLabelSelector(webhook.namespaceSelector, object?.metadata.labels ?? {});
  const holder = (isNamespace ? name : namespace) ?? '';
  const found = store.get(NAMESPACES, undefined, holder);
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, holder);
  return matchesLabelSelector(webhook.namespaceSelector, found.metadata.labels ?? {});
}

function objectFits(webhook: Webhook, ...objects: (KubeObject | undefined)[]): boolean {
  if (isEmpty(webhook.objectSelector)) return true;
  return objects.some(
    (one) => one !== undefined && matchesLabelSelector(webhook.objectSelector, one.metadata.labels ?? {}),
  );
}

/**
 * The version in which `webhook` gets this write's `object`; undefined if its selectors or rules do not match. matchConditions are not
 * evaluated.
 */
export function selectedVersion(
  store: Store,
  catalog: Catalog,
  webhook: Webhook,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
): ResourceType | undefined {
  const { type, old } = attributes;
  const seen = matchingVersion(webhook, type, catalog.versions(type.storageKey), attributes);
  if (seen === undefined || !objectFits(webhook, object, old)) return undefined;
  return namespaceFits(store, webhook, attributes, object) ? seen : undefined;
}
