import { summarizeRun } from '../../../../../local/viewer/summary/summary.ts';
import type { RunFacts, RunSummary } from '../../../../../local/viewer/summary/types.ts';
import { buildWaterfall } from '../../../../../local/viewer/waterfall.ts';
import { fromService, TRACE_ID, type SpanInput } from '../example-trace.ts';

/** The summary of a trace with these spans of the run. */
export const of = (spans: SpanInput[], facts?: RunFacts): RunSummary =>
  summarizeRun(buildWaterfall(TRACE_ID, { resourceSpans: [fromService('tekton-pipelines', spans)] }), facts);

export const root = (to: number, result = 'success'): SpanInput => ({
  ...{ id: 'root', name: 'RUN build', from: 0, to },
  attributes: { pipelinerun: 'build-1', namespace: 'ci', 'cicd.pipeline.result': result },
});

/** A task whose Pod needs 100 ms to be scheduled, and 200 ms to start; then its step runs to the task's end. */
export const task = (name: string, from: number, to: number, result = 'success', parent = 'root'): SpanInput[] => {
  const id = name.slice(0, 5);
  const outcome = { 'cicd.pipeline.task.run.result': result };
  return [
    { id, parent, name: `task ${name}`, from, to, attributes: { ...outcome, 'k8s.pod.name': `${name}-pod` } },
    { id: `${id}sc`, parent: id, name: 'pod scheduling', from, to: from + 100 },
    { id: `${id}st`, parent: id, name: 'pod starting', from: from + 100, to: from + 300 },
    {
      ...{ id: `${id}r`, parent: id, name: `step run-${name}`, from: from + 300, to },
      attributes: { ...outcome, 'k8s.container.name': `step-run-${name}` },
    },
  ];
};
