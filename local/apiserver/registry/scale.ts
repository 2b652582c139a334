import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType, ScalePaths } from '../catalog/resource-type.ts';
import { scaleManagedFields, trackScale } from '../fields/scale-fields.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import { isObject, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { badRequest, conflict, internalError } from '../status.ts';
import type { Api } from './api.ts';
import type { WriteRequest } from './write-request.ts';
import { changeObject } from './update.ts';
import type { Change, Target } from './update.ts';

const CHANGED = 'the object has been modified; please apply your changes to the latest version and try again';
/** The value for a replica count that a custom resource does not have. */
const ABSENT = -(2 ** 31);

function workloadSelector(object: KubeObject): string {
  const labels = valueAt(object, 'spec', 'selector', 'matchLabels');
  return Object.entries(isObject(labels) ? labels : {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',');
}

function numberAt(object: JsonObject, path: string[]): number | undefined {
  const value = valueAt(object, ...path);
  return typeof value === 'number' ? value : undefined;
}

function toScale({ builtIn }: ResourceType, paths: ScalePaths, object: KubeObject, absent: number): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, paths.replicas) ?? absent;
  const selector = builtIn ? workloadSelector(object) : textAt(object, ...(paths.selector ?? ['']));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, paths.current) ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

function pathsOf({ scale, resource }: ResourceType): ScalePaths {
  if (scale === undefined) throw new Error(`${resource} have no scale`);
  return scale;
}

/**
 * `deployments/NAME/scale`: how many replicas an object has, as a Scale of autoscaling/v1. 500 if a custom resource has no replica count.
 */
export function scaleOf(type: ResourceType, object: KubeObject): KubeObject {
  const paths = pathsOf(type);
  if (!type.builtIn && numberAt(object, paths.replicas) === undefined)
    throw internalError(`the spec replicas field ".${paths.replicas.join('.')}" does not exist`);
  return toScale(type, paths, object, 0);
}

function withValueAt(object: JsonObject, [key = '', ...rest]: string[], value: unknown): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = object[key];
  return { ...object, [key]: withValueAt(isObject(inner) ? inner : {}, rest, value) };
}

/** The replica count of a changed Scale; 422 or 400 if it is invalid. */
function replicasOf({ type, name }: Target, { replicas: path }: ScalePaths, scale: KubeObject): number {
  const replicas = numberAt(scale, ['spec', 'replicas']) ?? 0;
  if (replicas === ABSENT) throw badRequest(`the spec replicas field ".${path.join('.')}" cannot be empty`);
  if (type.builtIn && replicas < 0) {
    const problem = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, name, [problem]);
  }
  return replicas;
}

/** Sets the replica count to that of `change`'s Scale; 409 if that has another resourceVersion. */
export async function updateScale(
  api: Api,
  target: Target,
  change: (current: KubeObject) => KubeObject,
  request: WriteRequest,
): Promise<KubeObject> {
  const { type } = target;
  const paths = pathsOf(type);
  const scaled = (current: KubeObject): Change => {
    const shown = toScale(type, paths, current, type.builtIn ? 0 : ABSENT);
    const owners = scaleManagedFields(current.metadata.managedFields, paths.replicas);
    if (owners.length > 0) shown.metadata.managedFields = owners;
    const scale = change(shown);
    const version = textAt(scale, 'metadata', 'resourceVersion');
    if (version !== '' && version !== current.metadata.resourceVersion) throw conflict(type, target.name, CHANGED);
    const { resourceVersion: _resourceVersion, ...metadata } = current.metadata;
    const before = numberAt(current, paths.replicas) ?? 0;
    const replicas = { path: paths.replicas, before, after: replicasOf(target, paths, scale) };
    const writer = { manager: request.manager, subresource: 'scale' };
    return {
      object: withValueAt({ ...current, metadata }, paths.replicas, replicas.after) as KubeObject,
      managedFields: trackScale(current.metadata.managedFields, apiVersionOf(type), replicas, writer),
    };
  };
  return toScale(type, paths, await changeObject(api, target, scaled, request), 0);
}
