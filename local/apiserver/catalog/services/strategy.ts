import { objectsIn, sameJson, valueAt } from '../../object.ts';
import type { KubeObject } from '../../object.ts';
import type { Strategy } from '../resource-type.ts';
import { hasClusterAddress, hasNodePorts, specOf } from './types.ts';
import type { ServiceSpec } from './types.ts';
import { checkClusterAddressChange, validateService } from './validate.ts';

const CLIENT_AFFINITY_SECONDS = 10_800;

function applyAffinity(spec: ServiceSpec): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: CLIENT_AFFINITY_SECONDS } };
}

function applyBalancer(spec: ServiceSpec, status: unknown): void {
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const one of objectsIn(valueAt(status, 'loadBalancer', 'ingress')))
    if (one['ip'] !== undefined) one['ipMode'] ??= 'VIP';
}

/** Kubernetes' SetDefaults_Service. */
function applyDefaults(object: KubeObject): void {
  const spec = specOf(object);
  applyAffinity(spec);
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (hasNodePorts(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') applyBalancer(spec, object['status']);
}

/** `clusterIP` is the first of `clusterIPs`: setting one sets the other. */
function alignAddresses(spec: ServiceSpec, old?: ServiceSpec): void {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (old === undefined) {
    if (clusterIP !== '' && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  const { clusterIP: before = '', clusterIPs: all = [] } = old;
  if (clusterIP === before || !sameJson(clusterIPs, all)) return;
  if (clusterIP === '') delete spec.clusterIPs;
  else spec.clusterIPs = [clusterIP];
}

/** Allocated values stay unless the client sets them. */
function keepAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  if (!hasClusterAddress(old) || !hasClusterAddress(spec)) return;
  const isEmpty = (value: unknown): boolean => value === undefined || value === '' || sameJson(value, []);
  for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const)
    if (isEmpty(spec[key]) && !isEmpty(old[key])) Object.assign(spec, { [key]: old[key] });
}

function keepNodePorts({ ports = [], ...spec }: ServiceSpec, old: ServiceSpec): void {
  if (!hasNodePorts(old) || !hasNodePorts(spec)) return;
  const used = ports.map(({ nodePort }) => nodePort);
  for (const port of ports) {
    const known = (old.ports ?? []).find(({ name = '' }) => name === (port.name ?? ''))?.nodePort;
    if ((port.nodePort ?? 0) === 0 && known !== undefined && !used.includes(known)) port.nodePort = known;
  }
}

/** Fields that the new type does not have are removed, unless the client changes them. */
function dropOthers(spec: ServiceSpec, old: ServiceSpec): void {
  if (hasClusterAddress(old) && !hasClusterAddress(spec)) {
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const)
      if (sameJson(spec[key], old[key])) delete spec[key];
  }
  if (!hasNodePorts(old) || hasNodePorts(spec)) return;
  for (const [index, port] of (spec.ports ?? []).entries())
    if (port.nodePort === old.ports?.[index]?.nodePort) delete port.nodePort;
  if (spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts)
    delete spec.allocateLoadBalancerNodePorts;
}

export const serviceStrategy: Strategy = {
  applyDefaults,
  prepareForCreate(object) {
    alignAddresses(specOf(object));
    object['status'] = { loadBalancer: {} };
  },
  prepareForUpdate(object, old) {
    // Stored objects are never changed.
    const spec = structuredClone(specOf(object));
    object['spec'] = spec;
    const before = specOf(old);
    keepAddresses(spec, before);
    keepNodePorts(spec, before);
    alignAddresses(spec, before);
    dropOthers(spec, before);
  },
  validate: (object) => validateService(specOf(object)),
  validateUpdate: (object, old, content) => [...checkClusterAddressChange(specOf(object), specOf(old)), ...content],
};
