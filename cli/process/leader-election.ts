import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ELECTION_DEFAULTS_MS, LeaderElector } from '../../shared/kubernetes/leader-election.ts';
import type { ElectionObserver } from '../../shared/kubernetes/leader-election.ts';
import { createLeaseLock } from '../../shared/kubernetes/lease.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { CommandError } from '../errors.ts';
import { durationMs, text } from '../options/options.ts';
import type { OptionHelp, OptionValues } from '../options/options.ts';

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const LEASE_NAME = 'tektrace-controller';

/** Named as kube-controller-manager's. */
export const leaderElectionOptions: Record<string, OptionHelp> = {
  'leader-elect': { type: 'boolean', help: 'Lead with a Lease: one process works, the others wait.' },
  'leader-elect-resource-namespace': {
    type: 'string',
    value: 'NAME',
    help: 'Namespace of the Lease (default: the Pod’s).',
  },
  'leader-elect-resource-name': { type: 'string', value: 'NAME', help: `Name of the Lease (default ${LEASE_NAME}).` },
  'leader-elect-lease-duration': {
    type: 'string',
    value: 'DURATION',
    help: 'Time without renewal after which another process takes over (default 15s).',
  },
  'leader-elect-renew-deadline': {
    type: 'string',
    value: 'DURATION',
    help: 'Time without renewal after which the leader exits (default 10s).',
  },
  'leader-elect-retry-period': {
    type: 'string',
    value: 'DURATION',
    help: 'Time between two renewals or attempts to lead (default 2s).',
  },
};

function podNamespace(): string {
  try {
    return readFileSync(NAMESPACE_FILE, 'utf8').trim();
  } catch (error) {
    throw new CommandError(
      `--leader-elect: this process is not in a Pod with a service account (${NAMESPACE_FILE}: ${(error as NodeJS.ErrnoException).code}): name the Lease’s namespace with --leader-elect-resource-namespace`,
    );
  }
}

/** The elector that the options ask for; undefined without --leader-elect. Throws CommandError for values that make no sense. */
export function createLeaderElector(
  values: OptionValues,
  client: KubeClient,
  { log, observer }: { log: Logger; observer?: (leaseName: string) => ElectionObserver },
): LeaderElector | undefined {
  if (values['leader-elect'] !== true) return undefined;
  const namespace = text(values, 'leader-elect-resource-namespace') ?? podNamespace();
  const name = text(values, 'leader-elect-resource-name') ?? LEASE_NAME;
  const renewDeadlineMs = durationMs(values, 'leader-elect-renew-deadline') ?? ELECTION_DEFAULTS_MS.renewDeadline;
  try {
    return new LeaderElector({
      // Two requests fit into the deadline, so one hanging request does not cost the lease.
      lock: createLeaseLock(client, { namespace, name }, renewDeadlineMs / 2),
      identity: `${hostname()}_${randomUUID()}`,
      leaseDurationMs: durationMs(values, 'leader-elect-lease-duration') ?? ELECTION_DEFAULTS_MS.leaseDuration,
      renewDeadlineMs,
      retryPeriodMs: durationMs(values, 'leader-elect-retry-period') ?? ELECTION_DEFAULTS_MS.retryPeriod,
      ...(observer && { observer: observer(name) }),
      log,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(error.message);
    throw error;
  }
}
