import type { ResourceType } from '../catalog/resource-type.ts';
import { HEADLESS, hasClusterAddress, hasNodePorts, isHeadless, specOf } from '../catalog/services/types.ts';
import type { ServiceSpec } from '../catalog/services/types.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import { internalError } from '../status.ts';
import type { Api } from './api.ts';

/** kubeadm's default 10.96.0.0/12. The first address is the API server's. */
const FIRST_ADDRESS = ((10 << 24) | (96 << 16)) >>> 0;
const ADDRESSES = 2 ** 20;
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

const toText = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

function offsetOf(text: string): number | undefined {
  const address = text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const offset = address - FIRST_ADDRESS;
  return /^\d+(\.\d+){3}$/.test(text) && offset > 0 && offset < ADDRESSES - 1 ? offset : undefined;
}

function addressProblem(address: string, used: Set<string>): string | undefined {
  if (offsetOf(address) === undefined) return 'the provided network does not match the current range';
  return used.has(address) ? 'provided IP is already allocated' : undefined;
}

function allocateAddress(spec: ServiceSpec, used: Set<string>): FieldError[] {
  const { clusterIP = '' } = spec;
  if (clusterIP !== '') {
    const problem = addressProblem(clusterIP, used);
    if (problem === undefined) return [];
    return [invalid('spec.clusterIPs', spec.clusterIPs ?? [], `failed to allocate IP ${clusterIP}: ${problem}`)];
  }
  for (let offset = 2; offset < ADDRESSES - 1; offset++) {
    const address = toText(FIRST_ADDRESS + offset);
    if (used.has(address)) continue;
    spec.clusterIP = address;
    spec.clusterIPs = [address];
    return [];
  }
  throw internalError('failed to allocate a serviceIP: range is full');
}

function allocateNodePorts(spec: ServiceSpec, used: Set<number>): FieldError[] {
  return (spec.ports ?? []).flatMap((port, index) => {
    const { nodePort = 0 } = port;
    const field = `spec.ports[${index}].nodePort`;
    if (nodePort !== 0) {
      const isInRange = nodePort >= FIRST_NODE_PORT && nodePort <= LAST_NODE_PORT;
      if (!isInRange)
        return [
          invalid(
            field,
            nodePort,
            `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${LAST_NODE_PORT}`,
          ),
        ];
      if (used.has(nodePort)) return [invalid(field, nodePort, 'provided port is already allocated')];
      used.add(nodePort);
      return [];
    }
    let free = FIRST_NODE_PORT;
    while (used.has(free)) free++;
    if (free > LAST_NODE_PORT) throw internalError('failed to allocate a nodePort: range is full');
    port.nodePort = free;
    used.add(free);
    return [];
  });
}

/** One family; a headless Service without a selector may have both. */
function setFamilies(spec: ServiceSpec): void {
  const isOpen = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= isOpen ? 'RequireDualStack' : 'SingleStack';
  if ((spec.ipFamilies ?? []).length === 0)
    spec.ipFamilies = spec.ipFamilyPolicy === 'RequireDualStack' ? ['IPv4', 'IPv6'] : ['IPv4'];
}

/**
 * Allocates a Service's missing cluster address and node ports, in place. Throws 422 if it asks for unavailable ones. Nothing listens
 * there, but clients wait for the fields.
 */
export function allocateServiceAddresses(api: Api, type: ResourceType, service: KubeObject, old?: KubeObject): void {
  const spec = specOf(service);
  if (!hasClusterAddress(spec)) return;
  const others = api.store
    .list(type.storageKey)
    .filter(({ metadata: { uid } }) => uid !== service.metadata.uid)
    .map(specOf);
  const had = old === undefined ? undefined : specOf(old);
  setFamilies(spec);
  const addresses = new Set(others.flatMap(({ clusterIPs = [] }) => clusterIPs));
  const isKept = had?.clusterIP !== undefined && had.clusterIP === spec.clusterIP;
  const errors = spec.clusterIP === HEADLESS || isKept ? [] : allocateAddress(spec, addresses);
  if (hasNodePorts(spec) && (spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false)) {
    const ports = others.flatMap(({ ports: list = [] }) =>
      list.flatMap(({ nodePort = 0 }) => (nodePort > 0 ? [nodePort] : [])),
    );
    errors.push(...allocateNodePorts(spec, new Set(ports)));
  }
  if (errors.length > 0) throw invalidObject(type, service.metadata.name ?? '', errors);
}
