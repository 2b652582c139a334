import { inVersion as versioned } from '../catalog/versions.ts';
import { sameJson } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { internalError } from '../status.ts';
import { askWebhook, followFailurePolicy } from './ask.ts';
import type { AdmissionAttributes } from './attributes.ts';
import { askedVersion, hooksOf, isExempt } from './dispatch.ts';
import type { Dispatch, Hook } from './dispatch.ts';
import { operationsOf, patchedObject } from './patched.ts';
import { inVersion } from './review.ts';

/** Which webhooks are called again: those with IfNeeded, if another webhook changed the object after them. */
interface Reinvocation {
  invoked: Set<string>;
  again: Set<string>;
  needed: boolean;
}

function calledAgain(reinvocation: Reinvocation): void {
  for (const uid of reinvocation.invoked) reinvocation.again.add(uid);
  reinvocation.invoked.clear();
}

/** The object after one webhook; the same object if it was not changed. */
async function askToMutate(
  dispatch: Dispatch,
  { webhook }: Hook,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  seen: AdmissionAttributes['type'],
): Promise<KubeObject | undefined> {
  try {
    const answer = await askWebhook(dispatch.caller, 'mutating', webhook, attributes, object, seen);
    const operations = await operationsOf(answer);
    if (operations.length === 0) return object;
    const shown = inVersion(object, seen);
    if (shown === null)
      throw internalError(
        `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
      );
    const patched = patchedObject(shown, operations, seen);
    return sameJson(patched, shown) ? object : versioned(attributes.type, patched);
  } catch (error: unknown) {
    followFailurePolicy(error, webhook, dispatch.failingOpen);
    return object;
  }
}

/** One pass over all webhooks. The second (`again`) calls only those that need reinvocation. */
async function pass(
  dispatch: Dispatch,
  attributes: AdmissionAttributes,
  given: KubeObject | undefined,
  reinvocation: Reinvocation,
  again: boolean,
): Promise<KubeObject | undefined> {
  let object = given;
  for (const hook of hooksOf(dispatch.store, 'mutating')) {
    if (again && !reinvocation.again.has(hook.uid)) continue;
    const seen = askedVersion(dispatch, hook, attributes, object);
    if (seen === undefined) continue;
    const next = await askToMutate(dispatch, hook, attributes, object, seen);
    if (next !== object) {
      calledAgain(reinvocation);
      reinvocation.needed = true;
      object = next;
    }
    if (hook.webhook.reinvocationPolicy === 'IfNeeded') reinvocation.invoked.add(hook.uid);
  }
  return object;
}

function throughPlugins({ plugins }: AdmissionAttributes, object: KubeObject | undefined): KubeObject | undefined {
  if (plugins === undefined || object === undefined) return object;
  const copy = structuredClone(object);
  plugins(copy);
  return sameJson(copy, object) ? object : copy;
}

/**
 * The object after plugins and mutating webhooks (undefined for DELETE). If a webhook changed it, plugins run a second time, and so do the
 * webhooks of reinvocationPolicy IfNeeded that ran before the change. There is no third time.
 */
export async function callMutatingWebhooks(
  dispatch: Dispatch,
  attributes: AdmissionAttributes,
): Promise<KubeObject | undefined> {
  const first = throughPlugins(attributes, attributes.object);
  if (isExempt(attributes.type)) return first;
  const reinvocation: Reinvocation = { invoked: new Set(), again: new Set(), needed: false };
  const changed = await pass(dispatch, attributes, first, reinvocation, false);
  if (!reinvocation.needed) return changed;
  const second = throughPlugins(attributes, changed);
  if (second !== changed) calledAgain(reinvocation);
  return pass(dispatch, attributes, second, reinvocation, true);
}
