import { invalid, invalidObject } from '../field-errors.ts';
import { isObject, objectsIn, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Tokens } from '../identity/tokens.ts';
import { timestamp } from '../registry/write-request.ts';
import type { Api } from '../registry/api.ts';
import type { WriteRequest } from '../registry/write-request.ts';
import type { Target } from '../registry/update.ts';
import { badRequest, conflict, notFound } from '../status.ts';

const DEFAULT_TOKEN_SECONDS = 3600;
const MIN_TOKEN_SECONDS = 600;

/** `serviceaccounts/NAME/token`: a TokenRequest with its token. */
export function requestToken(api: Api, tokens: Tokens, target: Target, body: unknown): JsonObject {
  const account = api.store.get(target.type.storageKey, target.namespace, target.name);
  if (account === undefined) throw notFound(target.type, target.name);
  const spec = valueAt(body, 'spec');
  const asked = valueAt(spec, 'expirationSeconds');
  const seconds = typeof asked === 'number' ? asked : DEFAULT_TOKEN_SECONDS;
  if (seconds < MIN_TOKEN_SECONDS)
    throw invalidObject({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'),
    ]);
  const { namespace = '', name = '', uid = '' } = account.metadata;
  const { token, expiresAt } = tokens.issue({ namespace, name, uid }, seconds * 1000);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(api.now()) },
    spec: {
      ...(isObject(spec) ? spec : {}),
      expirationSeconds: seconds,
    },
    status: { token, expirationTimestamp: timestamp(expiresAt) },
  };
}

function scheduled(conditions: unknown, time: string): JsonObject[] {
  const others = objectsIn(conditions).filter((one) => one['type'] !== 'PodScheduled');
  return [...others, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time }];
}

/** `pods/NAME/binding`: puts a Pod on a node, what a scheduler does. */
export function bindPod(api: Api, target: Target, body: unknown, request: WriteRequest): JsonObject {
  const named = textAt(body, 'metadata', 'name');
  if (named !== '' && named !== target.name) throw badRequest('name in URL does not match name in Binding object');
  const pod = api.store.get(target.type.storageKey, target.namespace, target.name);
  if (pod === undefined) throw notFound(target.type, target.name);
  const nodeName = valueAt(body, 'target', 'name');
  if (typeof nodeName !== 'string' || nodeName === '') throw badRequest('target.name: Required value');
  const current = valueAt(pod, 'spec', 'nodeName');
  if (typeof current === 'string' && current !== '')
    throw conflict(
      { group: '', resource: 'pods/binding' },
      target.name,
      `pod ${target.name} is already assigned to node "${current}"`,
    );
  const bound: KubeObject = {
    ...pod,
    spec: { ...(pod['spec'] as JsonObject), nodeName },
    status: {
      ...(pod['status'] as JsonObject),
      conditions: scheduled(valueAt(pod, 'status', 'conditions'), timestamp(api.now())),
    },
  };
  if (!request.dryRun) api.store.put(target.type.storageKey, bound);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}
