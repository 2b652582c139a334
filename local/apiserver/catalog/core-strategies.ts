import { required } from '../field-errors.ts';
import { isObject, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import type { Strategy } from './resource-type.ts';

function objectField(object: KubeObject, key: string): Record<string, unknown> {
  const value = object[key];
  if (isObject(value)) return value;
  const fresh = {};
  object[key] = fresh;
  return fresh;
}

export const namespaceStrategy: Strategy = {
  applyDefaults(object) {
    objectField(object, 'spec');
    objectField(object, 'status')['phase'] ??= 'Active';
    const { name } = object.metadata;
    if (name !== undefined) (object.metadata.labels ??= {})['kubernetes.io/metadata.name'] = name;
  },
  prepareForCreate(object) {
    objectField(object, 'spec')['finalizers'] = ['kubernetes'];
    object['status'] = { phase: 'Active' };
    (object.metadata.labels ??= {})['kubernetes.io/metadata.name'] = object.metadata.name ?? '';
  },
};

const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

export const persistentVolumeClaimStrategy: Strategy = {
  applyDefaults(object) {
    objectField(object, 'spec')['volumeMode'] ??= 'Filesystem';
    objectField(object, 'status')['phase'] ??= 'Pending';
  },
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(CLAIM_PROTECTION)) object.metadata.finalizers = [...finalizers, CLAIM_PROTECTION];
  },
  validate(object) {
    const modes = valueAt(object, 'spec', 'accessModes');
    return [
      ...(Array.isArray(modes) && modes.length > 0
        ? []
        : [required('spec.accessModes', 'at least 1 access mode is required')]),
      ...(valueAt(object, 'spec', 'resources', 'requests', 'storage') === undefined
        ? [required('spec.resources[storage]')]
        : []),
    ];
  },
};
