import type { V1Container } from '@kubernetes/client-node';
import { describe, expect, test } from '@jest/globals';

import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { admit, carrier, review, SPAN, TRACE, TRUSTED } from './review.ts';

const UID = 'uid-of-build';

interface TestPod extends KubeObject {
  spec: { containers: V1Container[] };
}

function pod(
  metadata: object = {},
  containers: object[] = [{ name: 'step-a', env: [{ name: 'A', value: '1' }] }, { name: 'sidecar-b' }],
): TestPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'build-pod',
      labels: { 'tekton.dev/taskRun': 'build', 'tekton.dev/taskRunUID': UID, 'tekton.dev/pipelineRun': 'run' },
      annotations: { 'tekton/taskrun-span-context': carrier() },
      ...metadata,
    },
    spec: { containers: containers as V1Container[] },
  };
}

const byController = { username: TRUSTED };
const stepOf = (traceAttempt: number): string =>
  `00-${TRACE}-${deriveSpanId(TRACE, 'step', UID, traceAttempt, 'step-a')}-01`;

test('a TaskRun’s Pod gets each container’s span, as annotation and as variable in one patch', async () => {
  const { metadata, spec } = await admit('pod', pod(), byController);
  const task = `00-${TRACE}-${deriveSpanId(TRACE, 'task', UID)}-01`;
  expect(metadata.annotations).toMatchObject({ 'tekton/span-context': task, 'tekton/step-a-span-context': stepOf(0) });
  expect(spec.containers.map(({ env }) => env?.map(({ name }) => name))).toEqual([
    ['A', 'TRACEPARENT'],
    ['TRACEPARENT'],
  ]);
});

test('a standalone TaskRun’s Pod has the TaskRun’s root as its task', async () => {
  const { metadata } = await admit('pod', pod({ labels: { 'tekton.dev/taskRunUID': UID } }), byController);
  expect(metadata.annotations?.['tekton/span-context']).toBe(`00-${TRACE}-${SPAN}-01`);
});

test('a retry’s Pod names the spans of its attempt', async () => {
  const { metadata } = await admit('pod', pod({ name: 'build-pod-retry3' }), byController);
  expect(metadata.annotations?.['tekton/step-a-span-context']).toBe(stepOf(3));
});

test('the TaskRun’s uid comes from the owner reference where the label is missing', async () => {
  const ownerReferences = [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'build', uid: UID }];
  const { metadata } = await admit('pod', pod({ labels: {}, ownerReferences }), byController);
  expect(metadata.annotations?.['tekton/step-a-span-context']).toBe(stepOf(0));
});

test.each([
  ['somebody else made', pod(), 'jane'],
  ['the drive controller has built with its context', pod({ annotations: { 'tekton/span-context': 'x' } }), TRUSTED],
  ['no TaskRun stands for', pod({ labels: {} }), TRUSTED],
  ['a TaskRun without a context stands for', pod({ annotations: {} }), TRUSTED],
  [
    'a TaskRun with a malformed context stands for',
    pod({ annotations: { 'tekton/taskrun-span-context': '{}' } }),
    TRUSTED,
  ],
])('a Pod that %s is not changed', async (_what, object, username) => {
  const { response, patch } = await review('pod', object, { username });
  expect(response.allowed).toBe(true);
  expect(patch).toEqual([]);
});

test('null env is replaced by a list, an empty one grows', async () => {
  const { spec } = await admit(
    'pod',
    pod({}, [
      { name: 'step-a', env: null },
      { name: 'step-b', env: [] },
    ]),
    byController,
  );
  expect(spec.containers.map(({ env }) => env?.length)).toEqual([1, 1]);
});

describe('where programs inside steps send their spans', () => {
  const endpoint = { settings: { stepOtlpEndpoint: 'http://collector:4318' }, ...byController };
  const envOf = async (object: TestPod, options: object = endpoint): Promise<Record<string, unknown>[]> => {
    const { spec } = await admit('pod', object, options);
    return spec.containers.map(({ env = [] }) =>
      Object.fromEntries(env.map(({ name, value }) => [name, value ?? '(read)'])),
    );
  };

  test('is set in every container, only the endpoint, if the settings have one', async () => {
    expect(await envOf(pod())).toEqual([
      { A: '1', TRACEPARENT: '(read)', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
      { TRACEPARENT: '(read)', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
    ]);
    expect((await envOf(pod(), byController)).flatMap((env) => Object.keys(env))).not.toContain(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  });

  test.each(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_HEADERS'])(
    'is not said to a container that sets %s',
    async (name) => {
      const [step] = await envOf(pod({}, [{ name: 'step-a', env: [{ name, value: 'own' }] }]));
      expect(step).toEqual({ [name]: 'own', TRACEPARENT: '(read)' });
    },
  );

  test('is added to a Pod with a context from the drive controller, and to no Pod of another creator', async () => {
    const stamped = pod({ annotations: { 'tekton/span-context': `00-${TRACE}-${SPAN}-01` } }, [{ name: 'step-a' }]);
    expect(await envOf(stamped)).toEqual([{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }]);
    expect(await envOf(stamped, { ...endpoint, username: 'jane' })).toEqual([{}]);
  });
});
