import jsonPatch from 'fast-json-patch';
import type { Operation as PatchOperation } from 'fast-json-patch';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { internalError, StatusError } from '../status.ts';
import { matchesLabelSelector } from '../storage/label-selector.ts';
import type { Store } from '../storage/store.ts';
import { createWebhookCaller } from './call.ts';
import { webhooksOf } from './configuration.ts';
import type { Webhook } from './configuration.ts';
import { matchingVersion } from './match.ts';
import { admissionReview, readReview } from './review.ts';
import type { AdmissionAttributes, ReviewAnswer } from './review.ts';

/** Mutating admission: asks the webhooks of all MutatingWebhookConfigurations, in the order of their names. */
export interface Admission {
  /** The object as the webhooks leave it. Throws what the user is told when one denies it, or fails under failurePolicy Fail. */
  mutate(attributes: AdmissionAttributes): Promise<KubeObject>;
  close(): void;
}

const CONFIGURATIONS = 'admissionregistration.k8s.io/mutatingwebhookconfigurations';

/** What the user is told: the webhook's own code and reason, else 400 without a reason. */
function denial(webhook: Webhook, answer: ReviewAnswer): StatusError {
  const { message, reason, code } = answer.status;
  const reasonText = typeof reason === 'string' ? reason : '';
  const why = typeof message === 'string' && message !== '' ? message : reasonText;
  const text = why === '' ? 'denied the request without explanation' : `denied the request: ${why}`;
  const status = typeof code === 'number' && code >= 400 && code < 600 ? code : 400;
  return new StatusError(status, reasonText, `admission webhook ${JSON.stringify(webhook.name)} ${text}`);
}

function applyAnswer(object: KubeObject, patch: unknown[]): KubeObject {
  let patched: unknown;
  try {
    patched = jsonPatch.applyPatch(structuredClone(object), patch as PatchOperation[], true).newDocument;
  } catch (error: unknown) {
    throw internalError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  if (!isObject(patched) || !isObject(patched['metadata']))
    throw internalError('the patch of an admission webhook does not leave an object');
  return patched as KubeObject;
}

export function createAdmission(store: Store, catalog: Catalog, log: Logger): Admission {
  const caller = createWebhookCaller();

  const selects = (
    webhook: Webhook,
    { type, object, old, namespace, name }: AdmissionAttributes,
    current: KubeObject | undefined,
  ): boolean => {
    const holder =
      type.storageKey === '/namespaces'
        ? (object ?? old)
        : store.get('/namespaces', undefined, namespace ?? name ?? '');
    const namespaceFits =
      (!type.namespaced && type.storageKey !== '/namespaces') ||
      matchesLabelSelector(webhook.namespaceSelector, holder?.metadata.labels ?? {});
    const labels = [current, old].flatMap((one) => (one === undefined ? [] : [one.metadata.labels ?? {}]));
    return namespaceFits && labels.some((one) => matchesLabelSelector(webhook.objectSelector, one));
  };

  const ask = async (
    webhook: Webhook,
    attributes: AdmissionAttributes,
    object: KubeObject | undefined,
    seen: ResourceType,
  ): Promise<ReviewAnswer | undefined> => {
    const review = admissionReview(attributes, object, seen);
    try {
      const answer = await caller.call(webhook, review.body);
      return readReview(answer, review.uid);
    } catch (error: unknown) {
      const problem = error instanceof Error ? error.message : String(error);
      if (webhook.failurePolicy !== 'Ignore')
        throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${problem}`);
      log.warn('Failed calling webhook, failing open', { webhook: webhook.name, error: problem });
      return undefined;
    }
  };

  return {
    async mutate(attributes) {
      const { type, request } = attributes;
      let object = attributes.object;
      const exempt = type.group === 'admissionregistration.k8s.io';
      for (const configuration of exempt ? [] : store.list(CONFIGURATIONS)) {
        for (const webhook of webhooksOf(configuration)) {
          const seen = matchingVersion(webhook, type, catalog.versions(type.storageKey), attributes);
          if (seen === undefined || !selects(webhook, attributes, object)) continue;
          const answer = await ask(webhook, attributes, object, seen);
          if (answer === undefined) continue;
          request.warnings.push(...answer.warnings);
          if (!answer.allowed) throw denial(webhook, answer);
          if (answer.patch === undefined || answer.patch.length === 0) continue;
          if (object === undefined) {
            throw internalError(
              `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
            );
          }
          object = {
            ...applyAnswer({ ...object, apiVersion: apiVersionOf(seen) }, answer.patch),
            apiVersion: apiVersionOf(type),
          };
        }
      }
      return object ?? (attributes.old as KubeObject);
    },
    close: () => caller.close(),
  };
}
