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

/** Which webhooks are called a second time: those with IfNeeded, whose object another webhook changed after them. */
interface Reinvocation {
  invoked: Set<string>;
  again: Set<string>;
  needed: boolean;
}

function calledAgain(reinvocation: Reinvocation): void {
  for (const uid of reinvocation.invoked) reinvocation.again.add(uid);
  reinvocation.invoked.clear();
}

/** The object as one webhook leaves it; the same object where it does not change it. */
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
    followFailurePolicy(error, webhook, dispatch.log);
    return object;
  }
}

/** One pass over all webhooks; in the second (`again`) only those that asked for it are called. */
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
 * The object as plugins and mutating webhooks leave it (undefined for DELETE). Where a webhook changed it, plugins run a second time, and
 * with them the webhooks of reinvocationPolicy IfNeeded that came before the change; never a third time.
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
