import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { expect, test } from '@jest/globals';

import { deriveSpanId } from '../../../../shared/tracing/ids.ts';
import { podTraceContext, withTraceContext } from '../../../../shared/tracing/pod-context.ts';
import type { TaskRun } from '../../../../shared/tekton/types.ts';

const UID = 'uid-of-build';
const TASK = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };

const stepSpan = (container: string, attempt = 0): string =>
  `00-${TASK.traceId}-${deriveSpanId(TASK.traceId, 'step', UID, attempt, container)}-01`;

const contextOf = (containers: V1Container[], podName: string | undefined = 'build-pod', task: object = TASK) =>
  podTraceContext({ podName, containers }, UID, { ...TASK, ...task });

/** The annotation that a variable reads. */
const annotationOf = (path: string | undefined): string =>
  /^metadata\.annotations\['(.+)'\]$/.exec(path ?? '')?.[1] ?? '';

test('each step reads its own span, a sidecar the task’s', () => {
  const { annotations, env } = contextOf([{ name: 'step-a' }, { name: 'step-b' }, { name: 'sidecar-db' }]);
  const values = [0, 1, 2].map((index) => {
    const [variable] = env.get(index) ?? [];
    expect(variable?.name).toBe('TRACEPARENT');
    return annotations[annotationOf(variable?.valueFrom?.fieldRef?.fieldPath)];
  });
  expect(values).toEqual([stepSpan('step-a'), stepSpan('step-b'), `00-${TASK.traceId}-${TASK.spanId}-01`]);
});

test('each attempt has its own spans', () => {
  const { annotations } = contextOf([{ name: 'step-a' }], 'build-pod-retry2');
  expect(annotations['tekton/step-a-span-context']).toBe(stepSpan('step-a', 2));
  expect(stepSpan('step-a', 2)).not.toBe(stepSpan('step-a'));
});

test('a Pod whose name is not given yet is the first attempt', () => {
  const { annotations } = podTraceContext({ podName: undefined, containers: [{ name: 'step-a' }] }, UID, TASK);
  expect(annotations['tekton/step-a-span-context']).toBe(stepSpan('step-a'));
});

test.each(['TRACEPARENT', 'TRACESTATE', 'BAGGAGE'])('a container that sets %s itself keeps all of its own', (name) => {
  const { env } = contextOf([{ name: 'step-a', env: [{ name, value: 'mine' }] }, { name: 'step-b' }]);
  expect([...env.keys()]).toEqual([1]);
});

test('other variables of a container stay and do not matter', () => {
  const { env } = contextOf([{ name: 'step-a', env: [{ name: 'GOFLAGS', value: '-v' }] }]);
  expect(env.get(0)).toHaveLength(1);
});

test('tracestate and baggage come along only where the run has them', () => {
  const names = (context: ReturnType<typeof contextOf>) => context.env.get(0)?.map((variable) => variable.name);
  expect(names(contextOf([{ name: 'step-a' }]))).toEqual(['TRACEPARENT']);
  const all = contextOf([{ name: 'step-a' }], 'build-pod', { tracestate: 'v=1', baggage: 'k=v' });
  expect(names(all)).toEqual(['TRACEPARENT', 'TRACESTATE', 'BAGGAGE']);
  expect(all.annotations).toMatchObject({ 'tekton/tracestate': 'v=1', 'tekton/baggage': 'k=v' });
});

test('an unsampled run’s steps know that they are not sampled', () => {
  const { annotations } = contextOf([{ name: 'step-a' }], 'build-pod', { sampled: false });
  expect(annotations['tekton/step-a-span-context']).toMatch(/-00$/);
});

test('no variable is without its annotation, and names stay within what Kubernetes takes', () => {
  const long = `step-${'x'.repeat(58)}`;
  const containers = [{ name: long }, { name: `${long.slice(0, -1)}y` }, { name: 'step-a' }, { name: 'sidecar-s' }];
  const { annotations, env } = contextOf(containers, 'build-pod', { tracestate: 'v=1', baggage: 'k=v' });
  const read = [...env.values()].flat().map((variable) => annotationOf(variable.valueFrom?.fieldRef?.fieldPath));
  expect(read).toHaveLength(12);
  for (const annotation of read) {
    expect(annotations[annotation]).toBeDefined();
    expect(annotation).toMatch(/^tekton\/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  }
  expect(Object.keys(annotations)).toHaveLength(6);
  expect(annotations).toHaveProperty(['tekton/step-a-span-context']);
});

test('a built Pod keeps its own annotations and env', () => {
  const pod: V1Pod = {
    metadata: { name: 'build-pod', annotations: { own: '1' } },
    spec: { containers: [{ name: 'step-a', env: [{ name: 'A', value: '1' }] }] },
  };
  const traceparent = `00-${TASK.traceId}-${TASK.spanId}-01`;
  const taskRun: TaskRun = {
    kind: 'TaskRun',
    metadata: {
      name: 'build',
      uid: UID,
      annotations: { 'tekton/taskrun-span-context': JSON.stringify({ traceparent }) },
    },
    spec: {},
  };
  const traced = withTraceContext(pod, taskRun);
  expect(traced.metadata?.annotations).toMatchObject({ own: '1', 'tekton/span-context': traceparent });
  expect(traced.spec?.containers[0]?.env?.map((variable) => variable.name)).toEqual(['A', 'TRACEPARENT']);
  expect(withTraceContext(pod, { ...taskRun, metadata: { name: 'build', uid: UID } })).toBe(pod);
});
