import { isObject } from '../../object.ts';
import type { KubeObject } from '../../object.ts';

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
  nodePort?: number;
}

export interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  externalName?: string;
  externalTrafficPolicy?: string;
  internalTrafficPolicy?: string;
  allocateLoadBalancerNodePorts?: boolean;
  sessionAffinity?: string;
  sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } };
  selector?: Record<string, string>;
  ports?: ServicePort[];
}

/** The spec of a decoded Service; empty if absent. */
export function specOf(object: KubeObject): ServiceSpec {
  if (!isObject(object['spec'])) object['spec'] = {};
  return object['spec'] as ServiceSpec;
}

export const HEADLESS = 'None';

export const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean =>
  clusterIPs.length === 1 && clusterIPs[0] === HEADLESS;
export const hasNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';
export const hasClusterAddress = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';
