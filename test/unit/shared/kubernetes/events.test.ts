import { expect, test } from '@jest/globals';

import type { KubeClient, KubeRequest } from '../../../../shared/kubernetes/client.ts';
import { createEventRecorder } from '../../../../shared/kubernetes/events.ts';
import { createLogger, silentLogger } from '../../../../shared/runtime/log.ts';

function clientThat(answer: (path: string, body: unknown) => Promise<unknown>): KubeClient {
  return {
    server: 'https://fake',
    close: () => undefined,
    stream: () => Promise.reject(new Error('nothing is streamed here')),
    request: <T>(_method: string, path: string, options?: KubeRequest) => answer(path, options?.body) as Promise<T>,
  };
}

const RUN = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'build', namespace: 'ci', uid: 'u-1', resourceVersion: '7' },
};
const clock = (): Date => new Date('2026-05-01T10:00:00.250Z');

test('an Event names its object, source, reason and time', async () => {
  const sent: unknown[] = [];
  const client = clientThat(async (path, body) => sent.push([path, body]));
  const recorder = createEventRecorder(client, { component: 'tests', log: silentLogger, clock });
  recorder.record(RUN, 'Warning', 'Failed', 'it broke');
  await recorder.flush();
  expect(sent).toEqual([
    [
      '/api/v1/namespaces/ci/events',
      expect.objectContaining({
        metadata: { name: expect.stringMatching(/^build\.[0-9a-f]{16}$/), namespace: 'ci' },
        involvedObject: {
          ...{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'build' },
          ...{ namespace: 'ci', uid: 'u-1', resourceVersion: '7' },
        },
        ...{ type: 'Warning', reason: 'Failed', message: 'it broke', source: { component: 'tests' }, count: 1 },
        firstTimestamp: '2026-05-01T10:00:00Z',
      }),
    ],
  ]);
});

test('an Event that is refused is logged, and nothing fails', async () => {
  const logged: string[] = [];
  const log = createLogger({ write: (line) => void logged.push(line) });
  const client = clientThat(() => Promise.reject(new Error('forbidden')));
  const recorder = createEventRecorder(client, { component: 'tests', log });
  recorder.record(RUN, 'Normal', 'Started', '');
  await recorder.flush();
  expect(logged.join('')).toContain('forbidden');
  expect(logged.join('')).toContain('ci/build');
});

test('a long message is cut', async () => {
  let message = '';
  const client = clientThat(async (_path, body) => ({ message } = body as { message: string }));
  const recorder = createEventRecorder(client, { component: 'tests', log: silentLogger });
  recorder.record(RUN, 'Normal', 'Running', 'x'.repeat(5000));
  await recorder.flush();
  expect(message).toHaveLength(1024);
});
