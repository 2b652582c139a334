import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import { completionOf, isDone, isSuccessful } from '../../shared/tekton/conditions.ts';
import { topologicalOrder } from '../../shared/tekton/graph.ts';
import type { CustomRun, PipelineRun, PipelineTask, SkippedTask, TaskRun } from '../../shared/tekton/types.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { customInterval } from './custom.ts';
import type { PipelineRunFacts } from './facts.ts';
import { parentsByTask, specOf } from './pipeline-of.ts';
import { combinationsOf, matrixAttributes, memberLabel, membersChars, NO_COMBINATION } from './matrix.ts';
import type { Combination } from './matrix.ts';
import { runInterval } from './run-interval.ts';
import { span } from './span.ts';
import { epochMs } from './times.ts';

/** Upstream's reason for tasks that had not started when another task failed. */
const STOPPING = 'PipelineRun was stopping';

/** When a run ended, as its span shows it, epoch milliseconds; undefined when it has not. */
function endMs(run: TaskRun | PipelineRun): number | undefined {
  return epochMs(completionOf(run)) && runInterval(run, undefined).endMs;
}

/** What became of one run of a task of the Pipeline. */
interface TaskEnd {
  task: string;
  endMs: number | undefined;
  isFailed: boolean;
}

function taskEnds({ children, customRuns = [] }: PipelineRunFacts): TaskEnd[] {
  const end = (run: TaskRun | PipelineRun | CustomRun, at: number | undefined): TaskEnd => ({
    task: run.metadata.labels?.[LABEL_PIPELINE_TASK] ?? '',
    endMs: at,
    isFailed: isDone(run) && !isSuccessful(run),
  });
  return [
    ...children.map((child) => end(child, endMs(child))),
    ...customRuns.map((known) => end(known.customRun, customInterval(known)?.endMs)),
  ];
}

/** The latest end of each task's runs, epoch milliseconds. */
function latestEnds(ends: TaskEnd[]): Map<string, number> {
  const latest = new Map<string, number>();
  for (const { task, endMs: at } of ends) if (at !== undefined) latest.set(task, Math.max(at, latest.get(task) ?? at));
  return latest;
}

/** When the first task failed whose failure stops the run, in milliseconds since the epoch. */
function stoppedMs(ends: TaskEnd[], tasks: ReadonlyMap<string, PipelineTask>): number | undefined {
  const failed = ends.filter(
    ({ task, isFailed }) => isFailed && tasks.has(task) && tasks.get(task)?.onError !== 'continue',
  );
  const times = failed.map(({ endMs: at }) => at).filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

interface Skip extends SkippedTask {
  task: PipelineTask;
  atMs: number;
}

/**
 * The skipped tasks, each after its dependencies, with their times. No object has the time of the decision. It is the time when another task failed,
 * if that is the reason; else when the last dependency ended or was skipped.
 */
function skips(facts: PipelineRunFacts, root: SpanRecord): Skip[] {
  const { run } = facts;
  const ends = taskEnds(facts);
  const { tasks = [], finally: last = [] } = specOf(run);
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const parents = parentsByTask(tasks);
  const startedMs = epochMs(run.status?.startTime) ?? root.startMs;
  const stopped = stoppedMs(ends, byName);
  const known = latestEnds(ends);
  const latest = (names: Iterable<string>): number =>
    Math.max(startedMs, ...[...names].map((name) => known.get(name) ?? startedMs));
  const finallyMs = (): number => Math.max(latest(byName.keys()), epochMs(run.status?.finallyStartTime) ?? startedMs);
  const reasons = new Map((run.status?.skippedTasks ?? []).map((skipped) => [skipped.name, skipped]));
  const placed: Skip[] = [];
  const place = (task: PipelineTask, atMs: number): void => {
    const skipped = reasons.get(task.name);
    if (!skipped) return;
    known.set(task.name, atMs);
    reasons.delete(task.name);
    placed.push({ ...skipped, task, atMs });
  };
  for (const name of topologicalOrder(parents)) {
    const isStopped = reasons.get(name)?.reason === STOPPING;
    place(byName.get(name)!, (isStopped ? stopped : undefined) ?? latest(parents.get(name) ?? []));
  }
  const afterTasksMs = finallyMs();
  for (const task of last) place(task, afterTasksMs);
  // Tasks that are not in the Pipeline, or are part of a cycle.
  for (const { name } of [...reasons.values()]) place(byName.get(name) ?? { name }, startedMs);
  return placed.sort((a, b) => a.atMs - b.atMs);
}

function skippedSpan({ task, reason }: Skip, combination: Combination, index: number, root: SpanRecord): SpanRecord {
  const ids = {
    traceId: root.traceId,
    spanId: deriveSpanId(root.traceId, 'skipped', root.spanId, task.name, index),
    parentSpanId: root.spanId,
  };
  const attributes = {
    'cicd.pipeline.task.name': task.name,
    'cicd.pipeline.task.run.result': 'skip',
    ...matrixAttributes(combination),
    'tektrace.skip.reason': reason,
    'tektrace.derived': true,
  };
  return span(ids, `task ${task.name}${memberLabel(combination)}`, root, { attributes });
}

/** Start times of spans without length, in microseconds and in order: at least a microsecond apart, from `fromUs` on, the last before `toUs`. */
function inOrder(wantedUs: number[], fromUs: number, toUs: number): number[] {
  const starts: number[] = [];
  for (const at of wantedUs) starts.push(Math.max(at, (starts.at(-1) ?? fromUs - 1) + 1));
  let nextUs = toUs;
  for (let index = starts.length - 1; index >= 0; index -= 1) {
    nextUs = Math.max(fromUs, Math.min(starts[index] ?? fromUs, nextUs - 1));
    starts[index] = nextUs;
  }
  return starts;
}

const toUs = (ms: number): number => Math.round(ms * 1000);

/** One run may have a thousand skipped matrices of 256 members each: all their spans would not fit into the memory. */
const MAX_MEMBERS_CHARS = 8 * 1024 * 1024;

/**
 * The spans of skipped tasks, one for each member of a matrix; one for each matrix, where those of all members would be too large. They have no length and start a microsecond apart, because a trace is shown in the
 * order of starts.
 */
export function skippedSpans(facts: PipelineRunFacts, root: SpanRecord): SpanRecord[] {
  const skipped = skips(facts, root);
  const isFolded = skipped.reduce((sum, { task }) => sum + membersChars(task), 0) > MAX_MEMBERS_CHARS;
  const made = skipped.flatMap((skip) =>
    (isFolded ? [NO_COMBINATION] : combinationsOf(skip.task)).map((combination, index) => ({
      skip,
      combination,
      index,
    })),
  );
  const wanted = made.map(({ skip }) => toUs(skip.atMs));
  const starts = inOrder(wanted, toUs(root.startMs), toUs(root.endMs));
  return made.map(({ skip, combination, index }, place) => {
    const atMs = (starts[place] ?? 0) / 1000;
    return { ...skippedSpan(skip, combination, index, root), startMs: atMs, endMs: atMs };
  });
}
