import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import type { PipelineRun, PipelineSpec, PipelineTask, TaskRun } from '../../shared/tekton/types.ts';
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

function specOf(run: PipelineRun): PipelineSpec {
  return run.status?.pipelineSpec ?? run.spec.pipelineSpec ?? {};
}

/** The latest end of each task's TaskRuns, epoch milliseconds. */
function taskEnds(taskRuns: TaskRun[]): Map<string, number> {
  const ends = new Map<string, number>();
  for (const { metadata, status } of taskRuns) {
    const name = metadata.labels?.[LABEL_PIPELINE_TASK] ?? '';
    const end = endMs(status?.completionTime);
    if (end !== undefined) ends.set(name, Math.max(end, ends.get(name) ?? end));
  }
  return ends;
}

/** When a task ended, epoch milliseconds; a skipped one, when its last parent did. Undefined where no object says. */
function taskEndTimes({ run, taskRuns }: PipelineRunFacts): (name: string) => number | undefined {
  const { tasks = [], finally: last = [] } = specOf(run);
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const inFinally = new Set(last.map((task) => task.name));
  // Each task is worked out once. In a cycle the task under way has no end.
  const known = new Map<string, number | undefined>(taskEnds(taskRuns));
  const endOf = (name: string): number | undefined => {
    if (known.has(name)) return known.get(name);
    known.set(name, undefined);
    // A task in `finally` comes after all others.
    const parents = inFinally.has(name) ? [...byName.keys()] : parentsOf(byName.get(name));
    const ends = parents.map(endOf).filter((at) => at !== undefined);
    const at = ends.length > 0 ? Math.max(...ends) : undefined;
    known.set(name, at);
    return at;
  };
  return endOf;
}

/** A task that never ran: no object says when that was decided, so its span is at the end of its last parent, marked as derived. */
function skippedSpans(facts: PipelineRunFacts, root: SpanRecord): SpanRecord[] {
  const { run } = facts;
  const endOf = taskEndTimes(facts);
  return (run.status?.skippedTasks ?? []).map((skipped) => {
    const at = endOf(skipped.name) ?? startMs(run.status?.startTime) ?? root.startMs;
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

/** The spans of a PipelineRun beside its TaskRuns', its root last. */
export function buildPipelineRun(facts: PipelineRunFacts): SpanRecord[] {
  const { run, own, deletedMs } = facts;
  const root = rootSpan(run, own, deletedMs);
  const waits = [...admissionSpan(run, own), ...queuedSpan(run, own)].map((one) => within(one, root));
  return [...waits, ...skippedSpans(facts, root), root];
}
