import { isObject, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import type { Column } from './column.ts';
import { ageColumn, column, nameColumn } from './common-columns.ts';
import { eventColumns } from './event-columns.ts';
import { nodeColumns } from './node-columns.ts';
import { podColumns } from './pod-columns.ts';
import { endpointsColumns, serviceColumns } from './service-columns.ts';
import { deploymentColumns, replicaSetColumns } from './workload-columns.ts';

function text(value: unknown, otherwise = '<none>'): string {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : otherwise;
}

function count(value: unknown): number {
  return isObject(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : 0;
}

const modes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function claimStatus(claim: KubeObject): string {
  return claim.metadata.deletionTimestamp === undefined ? text(valueAt(claim, 'status', 'phase')) : 'Terminating';
}

const isBound = (claim: KubeObject): boolean => text(valueAt(claim, 'spec', 'volumeName'), '') !== '';

/** The annotation has priority over the field. */
function storageClass(claim: KubeObject): string {
  return (
    claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ??
    text(valueAt(claim, 'spec', 'storageClassName'), '')
  );
}

function accessModes(claim: KubeObject): string {
  const list = valueAt(claim, 'status', 'accessModes');
  return Array.isArray(list) ? list.map((mode) => modes[String(mode)] ?? String(mode)).join(',') : '';
}

const webhookColumns: Column[] = [
  nameColumn,
  column('Webhooks', (object) => count(object['webhooks']), 'integer'),
  ageColumn,
];

const columns: Record<string, Column[]> = {
  Pod: podColumns,
  Deployment: deploymentColumns,
  ReplicaSet: replicaSetColumns,
  Namespace: [nameColumn, column('Status', (object) => text(valueAt(object, 'status', 'phase'))), ageColumn],
  ConfigMap: [nameColumn, column('Data', (object) => count(object['data']) + count(object['binaryData'])), ageColumn],
  Secret: [
    nameColumn,
    column('Type', (object) => text(object['type'], '')),
    column('Data', (object) => count(object['data'])),
    ageColumn,
  ],
  PersistentVolumeClaim: [
    nameColumn,
    column('Status', claimStatus),
    column('Volume', (claim) => text(valueAt(claim, 'spec', 'volumeName'), '')),
    column('Capacity', (claim) => (isBound(claim) ? text(valueAt(claim, 'status', 'capacity', 'storage'), '0') : '')),
    column('Access Modes', (claim) => (isBound(claim) ? accessModes(claim) : '')),
    column('StorageClass', storageClass),
    column('VolumeAttributesClass', (claim) => text(valueAt(claim, 'spec', 'volumeAttributesClassName'), '<unset>')),
    ageColumn,
    column('VolumeMode', (claim) => text(valueAt(claim, 'spec', 'volumeMode'), '<unset>'), 'string', 1),
  ],
  Event: eventColumns,
  Node: nodeColumns,
  Service: serviceColumns,
  Endpoints: endpointsColumns,
  Lease: [nameColumn, column('Holder', (lease) => text(valueAt(lease, 'spec', 'holderIdentity'), '')), ageColumn],
  MutatingWebhookConfiguration: webhookColumns,
  ValidatingWebhookConfiguration: webhookColumns,
  CustomResourceDefinition: [
    nameColumn,
    column('Created At', (object) => object.metadata.creationTimestamp ?? '', 'date'),
  ],
};

/** The columns kubectl shows for a kind of Kubernetes itself. */
export function builtInColumns(kind: string): Column[] {
  return columns[kind] ?? [nameColumn, ageColumn];
}
