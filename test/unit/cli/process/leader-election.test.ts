import { describe, expect, test } from '@jest/globals';

import { createLeaderElector, leaderElectionOptions } from '../../../../cli/process/leader-election.ts';
import { CommandError } from '../../../../cli/errors.ts';
import { parseOptions } from '../../../../cli/options/options.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import type { LeaderElector } from '../../../../shared/kubernetes/leader-election.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';

/** An API server without any Lease, which takes what it is sent. */
function emptyCluster(): { client: KubeClient; sent: { method: string; path: string; body: unknown }[] } {
  const sent: { method: string; path: string; body: unknown }[] = [];
  const request = async <T>(...[method, path, options]: Parameters<KubeClient['request']>): Promise<T> => {
    sent.push({ method, path, body: options?.body });
    return (options?.body ?? undefined) as T;
  };
  const stream = async (): Promise<AsyncIterable<string>> => {
    throw new Error('an election watches nothing');
  };
  return { client: { request, stream, server: 'https://fake', close: () => undefined }, sent };
}

const elector = (client: KubeClient, ...args: string[]): LeaderElector | undefined =>
  createLeaderElector(
    parseOptions({ name: 'controller', summary: '', options: leaderElectionOptions, examples: [] }, args).values,
    client,
    { log: silentLogger },
  );

describe('--leader-elect', () => {
  test('not given: there is no election', () => {
    expect(elector(emptyCluster().client)).toBeUndefined();
  });

  test('makes the Lease of the given name and duration', async () => {
    const { client, sent } = emptyCluster();
    const args = ['--leader-elect-resource-namespace=ci', '--leader-elect-resource-name=mine'];
    const candidate = elector(client, '--leader-elect', ...args, '--leader-elect-lease-duration=30s');
    expect(await candidate?.acquire(new AbortController().signal)).toBe(true);
    const made = sent.find(({ method }) => method === 'POST');
    expect(made?.path).toBe('/apis/coordination.k8s.io/v1/namespaces/ci/leases');
    expect((made?.body as KubeObject).metadata.name).toBe('mine');
    expect(made?.body).toMatchObject({ spec: { leaseDurationSeconds: 30 } });
    await candidate?.release();
  });

  test.each([
    [['--leader-elect'], 'name the Lease’s namespace with --leader-elect-resource-namespace'],
    [['--leader-elect', '--leader-elect-resource-namespace=ci', '--leader-elect-lease-duration=5s'], 'renew deadline'],
    [['--leader-elect', '--leader-elect-resource-namespace=ci', '--leader-elect-retry-period=soon'], 'not a duration'],
  ])('%p is refused, with what to do', (args, message) => {
    const attempt = (): unknown => elector(emptyCluster().client, ...args);
    expect(attempt).toThrow(CommandError);
    expect(attempt).toThrow(message);
  });
});
