import { isObject, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { age } from './age.ts';
import type { Column } from './column.ts';
import { ageColumn, column, nameColumn } from './common-columns.ts';
import { podColumns } from './pod-columns.ts';
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

function accessModes(claim: KubeObject): string {
  const list = valueAt(claim, 'status', 'accessModes');
  return Array.isArray(list) ? list.map((mode) => modes[String(mode)] ?? String(mode)).join(',') : '';
}

function nodeStatus(node: KubeObject): string {
  const conditions = valueAt(node, 'status', 'conditions');
  const ready = (Array.isArray(conditions) ? conditions.filter(isObject) : []).find((one) => one['type'] === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

function eventAge(event: KubeObject, now: Date): string {
  const last =
    event['lastTimestamp'] ?? event['eventTime'] ?? event['firstTimestamp'] ?? event.metadata.creationTimestamp;
  return age(last, now);
}

function eventTarget(event: KubeObject): string {
  const involved: JsonObject = isObject(event['involvedObject']) ? event['involvedObject'] : {};
  return `${text(involved['kind'], '').toLowerCase()}/${text(involved['name'], '')}`;
}

function ports(service: KubeObject): string {
  const list = valueAt(service, 'spec', 'ports');
  const shown = (Array.isArray(list) ? list.filter(isObject) : []).map(
    (port) => `${text(port['port'])}/${text(port['protocol'], 'TCP')}`,
  );
  return shown.length === 0 ? '<none>' : shown.join(',');
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
    column('Type', (object) => text(object['type'])),
    column('Data', (object) => count(object['data'])),
    ageColumn,
  ],
  Event: [
    column('Last Seen', eventAge),
    column('Type', (event) => text(event['type'], '')),
    column('Reason', (event) => text(event['reason'], '')),
    column('Object', eventTarget),
    column('Message', (event) => text(event['message'], '').trim()),
    column('Count', (event) => (typeof event['count'] === 'number' ? event['count'] : 1), 'integer', 1),
    column('Name', (event) => event.metadata.name ?? '', 'string', 1),
  ],
  PersistentVolumeClaim: [
    nameColumn,
    column('Status', claimStatus),
    column('Volume', (claim) => text(valueAt(claim, 'spec', 'volumeName'), '')),
    column('Capacity', (claim) => text(valueAt(claim, 'status', 'capacity', 'storage'), '')),
    column('Access Modes', accessModes),
    column('StorageClass', (claim) => text(valueAt(claim, 'spec', 'storageClassName'), '')),
    ageColumn,
    column('VolumeMode', (claim) => text(valueAt(claim, 'spec', 'volumeMode')), 'string', 1),
  ],
  Node: [
    nameColumn,
    column('Status', nodeStatus),
    column(
      'Roles',
      (node) =>
        Object.keys(node.metadata.labels ?? {})
          .flatMap((key) => (key.startsWith('node-role.kubernetes.io/') ? [key.slice(24)] : []))
          .join(',') || '<none>',
    ),
    ageColumn,
    column('Version', (node) => text(valueAt(node, 'status', 'nodeInfo', 'kubeletVersion'), '')),
  ],
  Service: [
    nameColumn,
    column('Type', (service) => text(valueAt(service, 'spec', 'type'))),
    column('Cluster-IP', (service) => text(valueAt(service, 'spec', 'clusterIP'))),
    column('External-IP', () => '<none>'),
    column('Port(s)', ports),
    ageColumn,
  ],
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
