import { askWebhook, followFailurePolicy } from './ask.ts';
import type { AdmissionAttributes } from './attributes.ts';
import { askedVersion, hooksOf, isExempt } from './dispatch.ts';
import type { Dispatch } from './dispatch.ts';

/** Calls all matching validating webhooks at the same time. Waits for all, then throws the first error, as a kube-apiserver does. */
export async function callValidatingWebhooks(dispatch: Dispatch, attributes: AdmissionAttributes): Promise<void> {
  if (isExempt(attributes.type)) return;
  const asked = hooksOf(dispatch.store, 'validating').flatMap((hook) => {
    const seen = askedVersion(dispatch, hook, attributes, attributes.object);
    return seen === undefined ? [] : [{ webhook: hook.webhook, seen }];
  });
  const errors: unknown[] = [];
  const ask = async ({ webhook, seen }: (typeof asked)[number]): Promise<void> => {
    try {
      await askWebhook(dispatch.caller, 'validating', webhook, attributes, attributes.object, seen);
    } catch (error: unknown) {
      followFailurePolicy(error, webhook, dispatch.failingOpen);
    }
  };
  await Promise.all(asked.map((one) => ask(one).catch((error: unknown) => errors.push(error))));
  if (errors.length > 0) throw errors[0];
}
