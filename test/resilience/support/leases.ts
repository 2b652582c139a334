import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import type { Lease } from '../../../shared/kubernetes/lease.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import { LEASES } from '../../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { namespace } from '../../peers/support/webhook-cluster.ts';

/** The time from an acquisition of the Lease to the next one. */
export interface Tenure {
  /** The holder's identity. */
  holder: string;
  acquiredMs: number;
  /** The holder's last renewal. */
  renewedMs: number;
  /** When the holder gave it up, where it did. */
  releasedMs?: number;
  transitions: number;
}

export interface LeaseHistory {
  /** Oldest first; the last one goes on. */
  tenures: Tenure[];
  /** The tenure that `isIt` says yes to, as soon as there is one. Throws after `withinMs`. */
  when(isIt: (tenure: Tenure) => boolean, withinMs: number): Promise<Tenure>;
  stop(): Promise<void>;
}

/** Follows the controllers' Lease, every version of it. */
export async function followLease(client: KubeClient): Promise<LeaseHistory> {
  const stop = new AbortController();
  const tenures: Tenure[] = [];
  const looks = new Set<() => void>();
  const seen = ({ spec = {} }: Lease): void => {
    const renewedMs = Date.parse(spec.renewTime ?? '');
    const current = tenures.at(-1);
    if (!spec.holderIdentity) {
      if (current) current.releasedMs = renewedMs;
    } else if (current?.holder === spec.holderIdentity) current.renewedMs = renewedMs;
    else
      tenures.push({
        holder: spec.holderIdentity,
        acquiredMs: Date.parse(spec.acquireTime ?? ''),
        renewedMs,
        transitions: spec.leaseTransitions ?? 0,
      });
    looks.forEach((look) => look());
  };
  const reflector = new Reflector<Lease>({ client, resource: LEASES, namespace, log: silentLogger });
  reflector.addHandler({ added: seen, updated: seen, deleted: () => undefined });
  const ran = reflector.run(stop.signal);
  await reflector.synced;
  return {
    tenures,
    when: (isIt, withinMs) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          looks.delete(look);
          reject(new Error(`the Lease has not come that far in ${withinMs} ms: ${JSON.stringify(tenures)}`));
        }, withinMs);
        const look = (): void => {
          const found = tenures.find(isIt);
          if (!found) return;
          clearTimeout(late);
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
    stop: async () => {
      stop.abort();
      await ran;
    },
  };
}
