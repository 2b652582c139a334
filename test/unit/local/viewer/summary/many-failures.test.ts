import { expect, test } from '@jest/globals';
import { failuresOf } from '../../../../../local/viewer/summary/failures.ts';
import { buildWaterfall } from '../../../../../local/viewer/waterfall.ts';
import { fromService, TRACE_ID, type SpanInput } from '../example-trace.ts';

test('very many failures are found in a moment, each with its own Pod', () => {
  const failed = { from: 0, to: 9, error: 'boom' };
  const task = (index: number): SpanInput[] => [
    { ...failed, id: `t${index}`, parent: 'r', name: `task ${index}` },
    {
      ...{ id: `w${index}`, parent: `t${index}`, name: 'pod scheduling', from: 0, to: 1 },
      attributes: { 'k8s.pod.name': `pod-${index}` },
    },
    {
      ...{ ...failed, id: `s${index}`, parent: `t${index}`, name: 'step s' },
      attributes: { 'k8s.container.name': 'step-s' },
    },
  ];
  const attributes = { pipelinerun: 'p-1', namespace: 'ci', 'cicd.pipeline.result': 'failure' };
  const run: SpanInput = { ...failed, id: 'r', name: 'RUN p', attributes };
  const spans = [run, ...Array.from({ length: 3000 }, (_, index) => task(index)).flat()];
  const waterfall = buildWaterfall(TRACE_ID, { resourceSpans: [fromService('tekton-pipelines', spans)] });
  const failures = failuresOf(waterfall, {});
  expect(failures).toHaveLength(3000);
  for (const { task: name, log } of failures) expect(log?.pod).toBe(`pod-${name}`);
});
