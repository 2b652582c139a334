import { apiVersionOf } from '../catalog/resource-type.ts';
import { trackScale } from '../fields/scale-fields.ts';
import { isObject, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { badRequest, conflict } from '../status.ts';
import type { Api, WriteRequest } from './api.ts';
import { changeObject } from './update.ts';
import type { Change, Target } from './update.ts';

const CHANGED = 'the object has been modified; please apply your changes to the latest version and try again';

function selectorOf(object: KubeObject): string {
  const labels = valueAt(object, 'spec', 'selector', 'matchLabels');
  return Object.entries(isObject(labels) ? labels : {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',');
}

/** `deployments/NAME/scale`: how many replicas a workload has, as a Scale of autoscaling/v1. */
export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt(object, 'spec', 'replicas');
  const current = valueAt(object, 'status', 'replicas');
  const selector = selectorOf(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: typeof current === 'number' ? current : 0, ...(selector === '' ? {} : { selector }) },
  };
}

function replicasOf(scale: JsonObject): number {
  const replicas = valueAt(scale, 'spec', 'replicas') ?? 0;
  if (typeof replicas === 'number' && Number.isInteger(replicas)) return replicas;
  throw badRequest(`Scale in version "v1" cannot be handled as a Scale: spec.replicas: expected an integer`);
}

/** Changes the number of replicas to what `change` makes of the current Scale; 409 where that names another version of the object. */
export async function updateScale(
  api: Api,
  target: Target,
  change: (current: KubeObject) => JsonObject,
  request: WriteRequest,
): Promise<KubeObject> {
  const scaled = (current: KubeObject): Change => {
    const scale = change(scaleOf(current));
    const version = textAt(scale, 'metadata', 'resourceVersion');
    if (version !== '' && version !== current.metadata.resourceVersion)
      throw conflict(target.type, target.name, CHANGED);
    const { resourceVersion: _resourceVersion, ...metadata } = current.metadata;
    const replicas = { before: replicasOf(current), after: replicasOf(scale) };
    const writer = { manager: request.manager, subresource: 'scale' };
    return {
      object: { ...current, metadata, spec: { ...(current['spec'] as JsonObject), replicas: replicas.after } },
      managedFields: trackScale(current.metadata.managedFields, apiVersionOf(target.type), replicas, writer),
    };
  };
  return scaleOf(await changeObject(api, target, scaled, request));
}
