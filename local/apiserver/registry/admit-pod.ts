import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { forbidden } from '../status.ts';
import type { Api } from './api.ts';

const EVICTED_AFTER_SECONDS = 300;
const tolerated = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/**
 * The API server's own admission plugins for a Pod, before any webhook: ServiceAccount (default `default`; it must exist; no token volume
 * is added), Priority and DefaultTolerationSeconds. In place.
 */
export function admitPod(api: Api, type: ResourceType, pod: KubeObject): void {
  const { spec } = pod;
  if (!isObject(spec)) return;
  const { namespace = '', name, generateName } = pod.metadata;
  const account =
    typeof spec['serviceAccountName'] === 'string' && spec['serviceAccountName'] !== ''
      ? spec['serviceAccountName']
      : 'default';
  spec['serviceAccountName'] = account;
  spec['serviceAccount'] = account;
  if (api.store.get('/serviceaccounts', namespace, account) === undefined) {
    throw forbidden(
      type,
      name ?? generateName ?? '',
      `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    );
  }
  spec['priority'] ??= 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  tolerate(spec);
}

/** The same for an update of a Pod: it keeps its values. In place. */
export function readmitPod(pod: KubeObject, { spec: old }: KubeObject): void {
  const { spec } = pod;
  if (!isObject(spec)) return;
  for (const key of ['priority', 'preemptionPolicy']) spec[key] ??= valueAt(old, key);
  tolerate(spec);
}

function tolerate(spec: JsonObject): void {
  const given = Array.isArray(spec['tolerations']) ? (spec['tolerations'] as unknown[]) : [];
  const covers = (one: unknown, key: string): boolean =>
    isObject(one) && ['', key].includes(textAt(one, 'key')) && ['', 'NoExecute'].includes(textAt(one, 'effect'));
  const missing = tolerated.filter((key) => !given.some((one) => covers(one, key)));
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: EVICTED_AFTER_SECONDS,
  }));
  spec['tolerations'] = [...given, ...added];
}
