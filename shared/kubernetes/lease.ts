import type { KubeClient } from './client.ts';
import { ConnectionError, isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import { LEASES, resourcePath } from './resources.ts';
import type { KubeObject } from './types.ts';

/** coordination.k8s.io/v1 LeaseSpec. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

/** A MicroTime: the API server refuses it without its six decimals. */
export const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');

/** One Lease of the API server. */
export interface LeaseLock {
  /** Reads the Lease; undefined if there is none. Throws as `KubeClient.request`. */
  read(signal: AbortSignal): Promise<Lease | undefined>;
  /** Replaces `last`, or creates the Lease. Undefined if another client wrote before. Throws as `KubeClient.request`. */
  write(last: Lease | undefined, spec: LeaseSpec, signal: AbortSignal): Promise<Lease | undefined>;
}

export interface LeaseName {
  namespace: string;
  name: string;
}

/** `timeoutMs` limits each request, its retries included: a hanging request must not outlive the lease. */
export function createLeaseLock(client: KubeClient, { namespace, name }: LeaseName, timeoutMs: number): LeaseLock {
  const path = resourcePath(LEASES, { namespace, name });

  async function request(method: string, at: string, signal: AbortSignal, body?: Lease): Promise<Lease> {
    const over = new AbortController();
    const reason = new ConnectionError(`${method} ${at}`, `no response within ${timeoutMs} ms, repeats included`);
    const timer = setTimeout(() => over.abort(reason), timeoutMs);
    try {
      return await client.request<Lease>(method, at, {
        signal: AbortSignal.any([signal, over.signal]),
        ...(body && { body }),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async read(signal) {
      try {
        return await request('GET', path, signal);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async write(last, spec, signal) {
      const metadata = last?.metadata ?? { name, namespace };
      const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
      const [method, at] = last ? ['PUT', path] : ['POST', resourcePath(LEASES, { namespace })];
      try {
        return await request(method, at, signal, body);
      } catch (error) {
        if (isConflict(error) || isAlreadyExists(error) || (last && isNotFound(error))) return undefined;
        throw error;
      }
    },
  };
}
