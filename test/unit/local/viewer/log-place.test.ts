import { expect, test } from '@jest/globals';
import { logCommand, logPlaceOf } from '../../../../local/viewer/log-place.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import { fromService, TRACE_ID, type SpanInput } from './example-trace.ts';

const place = (name: string, container = 'step-test', pod = 'run-unit-pod'): ReturnType<typeof logPlaceOf> => {
  const spans: SpanInput[] = [
    { id: 'r', name: 'RUN a', from: 0, to: 9, attributes: { namespace: 'ci', pipelinerun: 'a' } },
    { id: 't', parent: 'r', name: 'task unit', from: 0, to: 9, attributes: { 'k8s.pod.name': pod, namespace: 'ci' } },
    { id: 's', parent: 't', name: 'step test', from: 0, to: 9, attributes: { 'k8s.container.name': container } },
    { id: 'a', parent: 't', name: 'attempt 1', from: 0, to: 4 },
    { id: 'w', parent: 'a', name: 'pod scheduling', from: 0, to: 1, attributes: { 'k8s.pod.name': 'first-pod' } },
    { id: 'b', parent: 'a', name: 'step early', from: 1, to: 4, attributes: { 'k8s.container.name': container } },
  ];
  const { rows } = buildWaterfall(TRACE_ID, { resourceSpans: [fromService('tekton-pipelines', spans)] });
  const row = rows.find((one) => one.name === name);
  return row && logPlaceOf(rows, row);
};

test('a step is a container of its task’s Pod; of an attempt it is in the Pod of that attempt', () => {
  expect(place('step test')).toEqual({ namespace: 'ci', pod: 'run-unit-pod', container: 'step-test' });
  expect(place('step early')).toEqual({ namespace: 'ci', pod: 'first-pod', container: 'step-test' });
  expect(place('task unit')).toBeUndefined();
  expect(logCommand({ namespace: 'ci', pod: 'p', container: 'step-a' })).toBe('kubectl logs -n ci p -c step-a');
});

test.each(['$(touch /tmp/x)', '--kubeconfig', 'a;b', ''])(
  'a name that Kubernetes does not allow is in no command: %s',
  (name) => {
    expect(place('step test', name)).toBeUndefined();
    expect(place('step test', 'step-test', name)).toBeUndefined();
  },
);
