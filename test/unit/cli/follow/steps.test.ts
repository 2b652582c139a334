import { expect, test } from '@jest/globals';

import { StepLogs } from '../../../../cli/follow/steps.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import type { ContainerState, Pod } from '../../../../shared/kubernetes/pod.ts';

const runs: ContainerState = { running: { startedAt: '2026-05-01T10:00:00Z' } };
const waits: ContainerState = { waiting: { reason: 'PodInitializing' } };

function pod(states: Record<string, ContainerState>, metadata: object = {}): Pod {
  return {
    metadata: {
      name: 'build-pod',
      namespace: 'ci',
      uid: 'uid-pod',
      labels: { 'tekton.dev/pipelineTask': 'build', 'tekton.dev/taskRun': 'run-build' },
      ...metadata,
    },
    spec: { containers: Object.keys(states).map((name) => ({ name })) },
    status: { containerStatuses: Object.entries(states).map(([name, state]) => ({ name, state })) },
  };
}

/** A cluster whose containers' logs are what the test writes into them. */
function cluster() {
  const asked: string[] = [];
  const logs = new Map<string, TransformStream<string, string>>();
  const log = (container: string): TransformStream<string, string> => {
    const found = logs.get(container) ?? new TransformStream<string, string>();
    logs.set(container, found);
    return found;
  };
  const client = {
    stream: async (_path: string, { query }: { query: { container: string } }) => {
      asked.push(query.container);
      return log(query.container).readable;
    },
  } as unknown as KubeClient;
  const write = async (container: string, ...lines: string[]): Promise<void> => {
    const writer = log(container).writable.getWriter();
    for (const line of lines) await writer.write(line);
    await writer.close();
  };
  return { asked, client, write };
}

function follow(client: KubeClient, onLine: (text: string) => Promise<void> | void = () => undefined) {
  const seen: string[] = [];
  const errors: unknown[] = [];
  const logs = new StepLogs({
    client,
    onLine: ({ task, step, text }) => {
      seen.push(`${task} ${step}: ${text}`);
      return onLine(text);
    },
    onEnd: (_pod, task, step) => void seen.push(`${task} ${step} ended`),
    onError: (_step, error) => void errors.push(error),
    signal: new AbortController().signal,
  });
  return { logs, seen, errors };
}

test('the steps of a Pod are read in their order, for any order in the status and of the output', async () => {
  const { client, write, asked } = cluster();
  const { logs, seen } = follow(client);
  const all = pod({ 'step-b': runs, 'step-a': runs, 'sidecar-db': runs });
  logs.follow({ ...all, status: { containerStatuses: all.status!.containerStatuses!.toReversed() } });
  void write('step-a', 'third');
  await write('step-b', 'first', 'second');
  await logs.done();
  expect(seen).toEqual(['build b: first', 'build b: second', 'build b ended', 'build a: third', 'build a ended']);
  expect(asked).toEqual(['step-b', 'step-a']);
});

test('a step is waited for until it starts, and only for as long as the run may still start it', async () => {
  const { client, write, asked } = cluster();
  const { logs, seen } = follow(client);
  logs.follow(pod({ 'step-a': waits, 'step-never': waits }));
  logs.follow(pod({ 'step-a': runs, 'step-never': waits }));
  await write('step-a', 'text');
  await logs.done();
  expect([seen, asked]).toEqual([['build a: text', 'build a ended'], ['step-a']]);
});

test('no line is read before the reader has taken the last one', async () => {
  const { client, write } = cluster();
  const reader = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const { logs, seen } = follow(client, () => {
    first.resolve();
    return reader.promise;
  });
  logs.follow(pod({ 'step-a': runs }));
  const written = write('step-a', 'one', 'two');
  await first.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual(['build a: one']);
  reader.resolve();
  await Promise.all([written, logs.done()]);
  expect(seen).toEqual(['build a: one', 'build a: two', 'build a ended']);
});

test('a Pod that is being deleted, with a step that does not end, does not delay the end', async () => {
  const { client } = cluster();
  const { logs, seen } = follow(client);
  logs.follow(pod({ 'step-a': runs }, { deletionTimestamp: '2026-05-01T10:00:00Z' }));
  await logs.done();
  expect(seen).toEqual([]);
});

test.each([
  [404, 0],
  [500, 1],
])('of a log with response %s, %s errors are reported, and the next step is read', async (status, told) => {
  const { client, write } = cluster();
  const failing = {
    stream: async (path: string, options: { query: { container: string } }) => {
      if (options.query.container === 'step-a') throw new ApiError('GET log', status, {});
      return client.stream(path, options);
    },
  } as unknown as KubeClient;
  const { logs, seen, errors } = follow(failing);
  logs.follow(pod({ 'step-a': runs, 'step-b': runs }));
  await write('step-b', 'text');
  await logs.done();
  expect([seen, errors.length]).toEqual([['build a ended', 'build b: text', 'build b ended'], told]);
});
