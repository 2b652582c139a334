import type { ResourceType } from '../catalog/resource-type.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { badRequest, internalError, StatusError } from '../status.ts';
import { parseAnswer, verifyAnswer } from './answer.ts';
import type { ReviewAnswer, ReviewVersion } from './answer.ts';
import type { AdmissionAttributes } from './attributes.ts';
import type { WebhookCaller } from './call.ts';
import type { FailingOpen } from './failing-open.ts';
import { admissionReview } from './review.ts';
import type { Webhook, WebhookKind } from './webhook.ts';

/** A failed call or an invalid response: failurePolicy decides what follows. */
export class WebhookCallError extends Error {}

/** Runs `step`. Its errors become a WebhookCallError that names what was being done. */
export async function calling<T>(what: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error: unknown) {
    throw new WebhookCallError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The error for a denial: the webhook's status with a message that names it, else 400. */
function denial(webhook: Webhook, status: JsonObject = {}): StatusError {
  const { message, reason, code, details } = status;
  const reasonText = typeof reason === 'string' ? reason : '';
  const why = typeof message === 'string' && message !== '' ? message : reasonText;
  const text = why === '' ? 'denied the request without explanation' : `denied the request: ${why}`;
  return new StatusError(
    typeof code === 'number' && code >= 400 ? code : 400,
    reasonText,
    `admission webhook ${JSON.stringify(webhook.name)} ${text}`,
    details as JsonObject | undefined,
  );
}

function checkDryRun({ name, sideEffects }: Webhook): void {
  if (sideEffects === 'None' || sideEffects === 'NoneOnDryRun') return;
  if (sideEffects === undefined) throw new WebhookCallError('Webhook SideEffects is nil');
  throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
}

function reviewVersionOf({ admissionReviewVersions = [] }: Webhook): ReviewVersion {
  for (const version of admissionReviewVersions) if (version === 'v1' || version === 'v1beta1') return version;
  throw new WebhookCallError(
    'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
  );
}

/**
 * Calls one webhook with `object` in the version `seen`, and adds its warnings to the request's. Throws a StatusError if it denies the
 * request, a WebhookCallError if the call fails.
 */
export async function askWebhook(
  caller: WebhookCaller,
  kind: WebhookKind,
  webhook: Webhook,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  seen: ResourceType,
): Promise<ReviewAnswer> {
  if (attributes.request.dryRun) checkDryRun(webhook);
  const version = reviewVersionOf(webhook);
  const review = admissionReview(attributes, object, seen, version);
  const parsed = await calling('failed to call webhook', async () =>
    parseAnswer(await caller.call(webhook, review.body), version),
  );
  const answer = await calling('received invalid webhook response', () =>
    verifyAnswer(parsed, review.uid, version, kind === 'mutating'),
  );
  attributes.request.warnings.push(...answer.warnings);
  if (!answer.allowed) throw denial(webhook, answer.status);
  return answer;
}

/** A failed call is logged under failurePolicy Ignore, else it is a 500. Other errors are thrown again. */
export function followFailurePolicy(error: unknown, { name, failurePolicy }: Webhook, failingOpen: FailingOpen): void {
  if (!(error instanceof WebhookCallError)) throw error;
  if (failurePolicy !== 'Ignore')
    throw internalError(`failed calling webhook ${JSON.stringify(name)}: ${error.message}`);
  failingOpen(name, error);
}
