import os from 'node:os';

import type { V1Container, V1ResourceFieldSelector } from '@kubernetes/client-node';

import type { Pod } from '../types.ts';
import { parseQuantity } from './quantity.ts';

/** The values of the downward API on this node. */
export const NODE_IP = '127.0.0.1';

/** One line per key, sorted, as the kubelet writes a label or annotation map into a file. */
function formatMap(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

const FIELDS: Record<string, (pod: Pod) => string> = {
  'metadata.name': (pod) => pod.metadata.name ?? '',
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata.uid ?? '',
  'metadata.labels': (pod) => formatMap(pod.metadata.labels),
  'metadata.annotations': (pod) => formatMap(pod.metadata.annotations),
  'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? 'default',
  'status.hostIP': () => NODE_IP,
  'status.hostIPs': () => NODE_IP,
  'status.podIP': () => NODE_IP,
  'status.podIPs': () => NODE_IP,
};

/** The value of a downward API field; empty for an absent label or annotation. Throws for an unknown path. */
export function fieldValue(pod: Pod, fieldPath: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (keyed) return (keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2] ?? ''] ?? '';
  const field = FIELDS[fieldPath];
  if (!field) throw new Error(`unsupported fieldPath: ${fieldPath}`);
  return field(pod);
}

function allocatable(resource: string): string {
  if (resource === 'cpu') return String(os.availableParallelism());
  return resource === 'memory' ? String(os.totalmem()) : '0';
}

/** A container's request or limit in units of the divisor, rounded up; the node's capacity if not set. Throws for an unknown resource. */
export function resourceValue(container: V1Container, selector: V1ResourceFieldSelector): string {
  const [kind, name = ''] = selector.resource.split(/\.(.*)/s);
  if (kind !== 'limits' && kind !== 'requests')
    throw new Error(`unsupported container resource : ${selector.resource}`);
  const { limits, requests } = container.resources ?? {};
  const set = kind === 'limits' ? limits?.[name] : (requests?.[name] ?? limits?.[name]);
  const divisor = selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor;
  const value = set ?? (kind === 'limits' ? allocatable(name) : '0');
  return String(Math.ceil(Number((parseQuantity(value) / parseQuantity(divisor)).toPrecision(12))));
}
