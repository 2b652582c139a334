import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import type { ViewUpdate } from '../../local/tracestore/views/views.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { isolation } from '../support/isolations.ts';
import { create, pipelineRun, until } from './support/run.ts';

const LIMIT_MS = 240_000;

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, log: silentLogger });
});
afterAll(() => cluster.close());

const get = (path: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`${cluster.traces.url}${path}`, {
    headers: { Authorization: `Bearer ${cluster.traces.token}` },
    ...(signal && { signal }),
  });

/** The rows of the page, once `isThere` finds what it waits for. */
const update = (traceId: string, what: string, isThere: (found: ViewUpdate) => boolean): Promise<ViewUpdate> =>
  until(
    async () => {
      const response = await get(`/api/waterfall/${traceId}`);
      if (response.status !== 200) return undefined;
      const found = (await response.json()) as ViewUpdate;
      return isThere(found) ? found : undefined;
    },
    what,
    LIMIT_MS,
  );

/** The log from its beginning to the line, while the step goes on. */
async function logUntil(path: string, line: string): Promise<string> {
  const leave = new AbortController();
  const response = await get(path, leave.signal);
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    if (text.includes(line)) break;
  }
  leave.abort();
  return text;
}

test(
  'the page has a run from its first second, with what runs and its log, and then its spans in the same rows',
  async () => {
    const steps = [
      { name: 'first', script: 'true' },
      { name: 'wait', script: 'echo begun; sleep 600' },
    ];
    const slow = pipelineRun('slow', steps);
    const report = { name: 'report', taskSpec: { steps: [{ name: 'say', image: 'busybox', script: 'true' }] } };
    const spec = { pipelineSpec: { ...slow.spec.pipelineSpec, finally: [report] } };
    const whole: PipelineRun = { ...slow, spec };
    const run = await create<PipelineRun>(cluster.client, whole);
    const { traceId = '' } = runSpan(run) ?? {};
    // The PipelineRun has a watch of its own, which may be behind that of its TaskRun.
    const running = await update(
      traceId,
      'the second step runs, and the Pipeline is known',
      ({ head, rows }) =>
        head.summary.toCome.length > 0 && rows.some(({ name, isRunning }) => name === 'step wait' && isRunning),
    );
    const shown = running.rows.filter(({ category }) => ['run', 'task', 'step'].includes(category));
    expect(shown.map(({ name, result }) => `${name.replace(/^RUN slow$/, 'RUN')} ${result}`)).toEqual([
      'RUN running',
      'task only running',
      'step first success',
      'step wait running',
    ]);
    expect(running.head).toMatchObject({ finished: false, runName: run.metadata.name, result: 'running' });
    expect(running.head.summary.toCome).toEqual(['report']);

    const step = shown.find(({ name }) => name === 'step wait');
    expect(await logUntil(`/api/log/${traceId}/${step?.id}`, 'begun\n')).toBe('begun\n');

    const { name = '', namespace = '' } = run.metadata;
    await cluster.client.request('PATCH', resourcePath(PIPELINE_RUNS, { namespace, name }), {
      body: { spec: { status: 'Cancelled' } },
      contentType: MERGE_PATCH,
    });
    const ended = await update(
      traceId,
      'nothing runs, and the spans have come',
      ({ head, rows }) => head.finished && head.spanCount > 3 && rows.every(({ isRunning }) => !isRunning),
    );
    expect(ended.head.result).toBe('cancellation');
    const ids = (rows: ViewUpdate['rows']): Record<string, string> =>
      Object.fromEntries(rows.filter(({ category }) => category === 'step').map((row) => [row.name, row.id]));
    const last = await update(traceId, 'the steps have their spans', ({ rows }) =>
      steps.every((one) => rows.some(({ name: of }) => of === `step ${one.name}`)),
    );
    expect(ids(last.rows)).toEqual(ids(running.rows));
  },
  2 * LIMIT_MS,
);
