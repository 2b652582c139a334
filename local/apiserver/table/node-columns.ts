import { objectsIn, textAt, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import type { Column } from './column.ts';
import { ageColumn, column, nameColumn } from './common-columns.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

function status(node: KubeObject): string {
  const ready = objectsIn(valueAt(node, 'status', 'conditions')).find((one) => one['type'] === 'Ready');
  const state = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

function roles({ metadata: { labels = {} } }: KubeObject): string {
  const found = Object.entries(labels).flatMap(([key, value]) =>
    key.startsWith(ROLE_PREFIX) ? [key.slice(ROLE_PREFIX.length)] : key === ROLE_LABEL ? [value] : [],
  );
  return [...new Set(found.filter((role) => role !== ''))].sort().join(',') || '<none>';
}

const addressOf =
  (type: string) =>
  (node: KubeObject): string => {
    const found = objectsIn(valueAt(node, 'status', 'addresses')).find((one) => one['type'] === type);
    return found === undefined ? '<none>' : textAt(found, 'address');
  };

const info = (node: KubeObject, field: string): string => textAt(node, 'status', 'nodeInfo', field);

function kernel(node: KubeObject): string {
  const architecture = info(node, 'architecture');
  const version = info(node, 'kernelVersion') || '<unknown>';
  return architecture === '' ? version : `${version} (${architecture})`;
}

const wide = (name: string, value: (node: KubeObject) => string): Column => column(name, value, 'string', 1);

export const nodeColumns: Column[] = [
  nameColumn,
  column('Status', status),
  column('Roles', roles),
  ageColumn,
  column('Version', (node) => info(node, 'kubeletVersion')),
  wide('Internal-IP', addressOf('InternalIP')),
  wide('External-IP', addressOf('ExternalIP')),
  wide('OS-Image', (node) => info(node, 'osImage') || '<unknown>'),
  wide('Kernel-Version', kernel),
  wide('Container-Runtime', (node) => info(node, 'containerRuntimeVersion') || '<unknown>'),
];
