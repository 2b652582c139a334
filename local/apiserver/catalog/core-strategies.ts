import { isObject } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { checkDataKeys } from './data-keys.ts';
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

export const persistentVolumeClaimStrategy: Strategy = {
  applyDefaults(object) {
    objectField(object, 'spec')['volumeMode'] ??= 'Filesystem';
    objectField(object, 'status')['phase'] ??= 'Pending';
  },
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
};

export const configMapStrategy: Strategy = {
  validate: (object) => [
    ...checkDataKeys(object['data'], 'data'),
    ...checkDataKeys(object['binaryData'], 'binaryData'),
  ],
};

/** Secrets are stored as base64 in `data`; `stringData` is a way of writing only. */
export const secretStrategy: Strategy = {
  applyDefaults(object) {
    object['type'] ??= 'Opaque';
    const plain = object['stringData'];
    if (!isObject(plain)) return;
    const data = objectField(object, 'data');
    for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(String(value)).toString('base64');
    delete object['stringData'];
  },
  validate: (object) => checkDataKeys(object['data'], 'data'),
};

export const serviceStrategy: Strategy = {
  applyDefaults(object) {
    const spec = objectField(object, 'spec');
    spec['type'] ??= 'ClusterIP';
    spec['sessionAffinity'] ??= 'None';
    if (spec['type'] !== 'ExternalName') spec['internalTrafficPolicy'] ??= 'Cluster';
    for (const port of Array.isArray(spec['ports']) ? spec['ports'].filter(isObject) : []) {
      port['protocol'] ??= 'TCP';
      port['targetPort'] ??= port['port'];
    }
  },
  prepareForCreate(object) {
    object['status'] = { loadBalancer: {} };
  },
};
