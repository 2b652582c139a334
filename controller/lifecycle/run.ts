import { deriveSpanId } from '../../shared/tracing/ids.ts';
import { pipelineRunSpan } from '../../shared/tracing/run-context.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import type { PipelineRun, PipelineSpec, PipelineTask } from '../../shared/tekton/types.ts';
import type { PipelineRunFacts } from './facts.ts';
import { rootSpan } from './root.ts';
import { span } from './span.ts';
import { endMs, startMs, within } from './times.ts';
import { admissionSpan, queuedSpan } from './waits.ts';

/** The tasks that a pipeline task waits for: `runAfter`, and those whose results it uses. */
function parentsOf(task: PipelineTask | undefined): string[] {
  const uses = JSON.stringify(task ?? {}).matchAll(/\$\(tasks\.([a-z0-9-]+)\.results/g);
  return [...new Set([...(task?.runAfter ?? []), ...[...uses].map((match) => match[1] ?? '')])];
}

/** Where a task ended, or a skipped one would have been: at the end of its last parent. Undefined where nothing tells. */
function placeMs(name: string, facts: PipelineRunFacts, seen: string[] = []): number | undefined {
  const ends = facts.taskRuns
    .filter((one) => one.metadata.labels?.[LABEL_PIPELINE_TASK] === name)
    .map((one) => endMs(one.status?.completionTime))
    .filter((end) => end !== undefined);
  if (ends.length > 0) return Math.max(...ends);
  if (seen.includes(name)) return undefined;
  const { tasks = [], finally: last = [] } = specOf(facts.run);
  // A task in `finally` comes after all others.
  const parents = last.some((task) => task.name === name)
    ? tasks.map((task) => task.name)
    : parentsOf(tasks.find((task) => task.name === name));
  const places = parents.map((parent) => placeMs(parent, facts, [...seen, name])).filter((at) => at !== undefined);
  return places.length > 0 ? Math.max(...places) : undefined;
}

function specOf(run: PipelineRun): PipelineSpec {
  return run.status?.pipelineSpec ?? run.spec.pipelineSpec ?? {};
}

/** A task that never ran: no object tells when it was decided, so it stands where its last parent ended, marked as derived. */
function skippedSpans(facts: PipelineRunFacts, root: SpanRecord): SpanRecord[] {
  const { run } = facts;
  return (run.status?.skippedTasks ?? []).map((skipped) => {
    const at = placeMs(skipped.name, facts) ?? startMs(run.status?.startTime) ?? root.startMs;
    const ids = {
      traceId: root.traceId,
      spanId: deriveSpanId(root.traceId, 'skipped', root.spanId, skipped.name, 0),
      parentSpanId: root.spanId,
    };
    const attributes = {
      'cicd.pipeline.task.name': skipped.name,
      'cicd.pipeline.task.run.result': 'skip',
      'tektrace.skip.reason': skipped.reason,
      'tektrace.derived': true,
    };
    return within(span(ids, `task ${skipped.name}`, { startMs: at, endMs: at }, { attributes }), root);
  });
}

/** The spans of a PipelineRun beside its TaskRuns', its root last. Empty when it has no span context. */
export function buildPipelineRun(facts: PipelineRunFacts): SpanRecord[] {
  const own = pipelineRunSpan(facts.run);
  if (!own) return [];
  const root = rootSpan(facts.run, own, facts.deletedMs);
  const waits = [...admissionSpan(facts.run, own), ...queuedSpan(facts.run, own)].map((one) => within(one, root));
  return [...waits, ...skippedSpans(facts, root), root];
}
