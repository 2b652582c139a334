import { expect, test } from '@jest/globals';

import { createWatches, runWatches } from '../../../../controller/watch/watches.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { aborted } from '../../../../shared/runtime/shutdown.ts';

const client: KubeClient = {
  request: (async (_method: string, path: string) => ({
    metadata: { resourceVersion: '1' },
    items: path.endsWith('/pods') ? [] : [{ metadata: { name: 'bare', namespace: 'ci', uid: 'u' } }],
  })) as KubeClient['request'],
  async stream(path, { query, signal } = {}) {
    if (query?.sendInitialEvents) throw new ApiError(`GET ${path}`, 422, { reason: 'Invalid' });
    return (async function* (): AsyncGenerator<string> {
      if (signal) await aborted(signal);
      yield* [];
    })();
  },
  server: 'https://fake',
  close: () => undefined,
};

test('a run without a spec is kept with an empty one, so that nothing fails at it', async () => {
  const watches = createWatches({ client, transformRun: (run) => run, log: silentLogger });
  const end = new AbortController();
  const { synced, ended } = runWatches(watches, end.signal);
  await synced;
  expect(watches.taskRuns.store.get('ci/bare')?.spec).toEqual({});
  expect(watches.pipelineRuns.store.get('ci/bare')?.spec).toEqual({});
  end.abort();
  await ended;
});
