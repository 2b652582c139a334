import { isObject, objectsIn, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { amount } from './pod-containers.ts';

const resources = ['cpu', 'memory'];

type Amounts = Map<string, bigint>;

function containersOf(pod: KubeObject): JsonObject[] {
  return ['containers', 'initContainers'].flatMap((list) => objectsIn(valueAt(pod, 'spec', list)));
}

/** A container's `requests` or `limits`, without zeros. */
function amountsOf(container: JsonObject, kind: string): Amounts {
  const given = valueAt(container, 'resources', kind);
  const entries = resources.map((name): [string, bigint] => [name, isObject(given) ? amount(given[name]) : 0n]);
  return new Map(entries.filter(([, one]) => one > 0n));
}

function sum(all: Amounts[]): Amounts {
  const total: Amounts = new Map();
  for (const [name, one] of all.flatMap((amounts) => [...amounts])) total.set(name, (total.get(name) ?? 0n) + one);
  return total;
}

/** A Pod's QoS class, from the requests and limits of its containers (ComputePodQOS). */
export function qosClass(pod: KubeObject): string {
  const containers = containersOf(pod);
  const requests = sum(containers.map((container) => amountsOf(container, 'requests')));
  const limited = containers.map((container) => amountsOf(container, 'limits'));
  const limits = sum(limited);
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const isEqual = (name: string): boolean => requests.get(name) === limits.get(name);
  const isGuaranteed = limited.every((one) => one.size === resources.length) && resources.every(isEqual);
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
