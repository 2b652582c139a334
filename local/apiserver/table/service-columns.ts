import { isObject, objectsIn, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Column } from './column.ts';
import { ageColumn, column, nameColumn } from './common-columns.ts';

const MAX_ENDPOINTS = 3;

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function port({ port: number, nodePort, protocol }: JsonObject): string {
  const node = typeof nodePort === 'number' && nodePort > 0 ? `:${nodePort}` : '';
  return `${String(number)}${node}/${String(protocol)}`;
}

function externalAddress(service: KubeObject): string {
  const external = texts(valueAt(service, 'spec', 'externalIPs'));
  switch (textAt(service, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer': {
      const ingress = objectsIn(valueAt(service, 'status', 'loadBalancer', 'ingress'));
      const balanced = ingress.map((one) => textAt(one, 'ip') || textAt(one, 'hostname')).filter((one) => one !== '');
      return [...[...new Set(balanced)].sort(), ...external].join(',') || '<pending>';
    }
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName');
    default:
      return '<unknown>';
  }
}

function selector(service: KubeObject): string {
  const labels = valueAt(service, 'spec', 'selector');
  const pairs = Object.entries(isObject(labels) ? labels : {}).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.sort().join(',') || '<none>';
}

const joined = (address: string, { port: number }: JsonObject): string =>
  `${address.includes(':') ? `[${address}]` : address}:${String(number)}`;

/** The first addresses, and the number of the others. */
function endpoints(object: KubeObject): string {
  const shown = objectsIn(object['subsets']).flatMap((subset) => {
    const addresses = objectsIn(subset['addresses']).map((one) => textAt(one, 'ip'));
    const ports = objectsIn(subset['ports']);
    return ports.length === 0 ? addresses : ports.flatMap((one) => addresses.map((address) => joined(address, one)));
  });
  if (objectsIn(object['subsets']).length === 0) return '<none>';
  const more = shown.length - MAX_ENDPOINTS;
  const first = shown.slice(0, MAX_ENDPOINTS).join(',');
  return more > 0 ? `${first} + ${more} more...` : first;
}

export const serviceColumns: Column[] = [
  nameColumn,
  column('Type', (service) => textAt(service, 'spec', 'type')),
  column('Cluster-IP', (service) => texts(valueAt(service, 'spec', 'clusterIPs'))[0] ?? '<none>'),
  column('External-IP', externalAddress),
  column(
    'Port(s)',
    (service) =>
      objectsIn(valueAt(service, 'spec', 'ports'))
        .map(port)
        .join(',') || '<none>',
  ),
  ageColumn,
  column('Selector', selector, 'string', 1),
];

export const endpointsColumns: Column[] = [nameColumn, column('Endpoints', endpoints), ageColumn];
