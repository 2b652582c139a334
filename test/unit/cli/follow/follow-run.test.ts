import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { followRun } from '../../../../cli/follow/follow-run.ts';
import type { Run } from '../../../../cli/follow/follow-run.ts';
import { readCrds } from '../../../../cli/local/crds.ts';
import { startApiServer } from '../../../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../../../local/apiserver/server.ts';
import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../../shared/kubernetes/kubeconfig.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';

let server: RunningApiServer;
let client: KubeClient;
beforeAll(async () => {
  server = await startApiServer({ crds: await readCrds() });
  client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }), { userAgent: 'test' });
});
afterAll(async () => {
  client.close();
  await server.close();
});

const TASK_RUNS = '/apis/tekton.dev/v1/namespaces/default/taskruns';
const create = (): Promise<Run> =>
  client.request<Run>('POST', TASK_RUNS, {
    body: {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: { name: 'r' },
      spec: { taskSpec: { steps: [{ name: 's', image: 'a', script: 'x' }] } },
    },
  });
const remove = (): Promise<unknown> => client.request('DELETE', `${TASK_RUNS}/r`);

async function followed(run: Run, whenSeen: () => unknown = () => undefined): Promise<Run> {
  const ending = new AbortController();
  try {
    return await followRun({
      client,
      run,
      onLine: () => undefined,
      onChange: whenSeen,
      onLogError: () => undefined,
      log: createLogger({ format: 'text', write: () => undefined }),
      signal: ending.signal,
    }).done;
  } finally {
    ending.abort(new Error('done'));
  }
}

const DELETED = 'TaskRun r was deleted before it was done';

test('a run that is deleted while it is followed gives an error', async () => {
  await expect(followed(await create(), remove)).rejects.toThrow(DELETED);
});

test('a run that was deleted before the watch began gives an error', async () => {
  const run = await create();
  await remove();
  await expect(followed(run)).rejects.toThrow(DELETED);
});

test('a run whose name another one has now was deleted', async () => {
  const run = await create();
  await remove();
  await create();
  await expect(followed(run)).rejects.toThrow(DELETED);
  await remove();
});
