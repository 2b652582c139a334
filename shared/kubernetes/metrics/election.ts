import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

import type { ElectionObserver } from '../leader-election.ts';

/** The metric leader_election_master_status, by Lease. */
export function createElectionMetrics(registry: Registry): (name: string) => ElectionObserver {
  const status = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process is the leader, else 0',
    labelNames: ['name'] as const,
    registers: [registry],
  });
  return (name) => {
    status.set({ name }, 0);
    return { leading: (isLeader) => status.set({ name }, isLeader ? 1 : 0) };
  };
}
