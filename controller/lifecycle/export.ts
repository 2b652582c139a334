import { isDone } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { Policy } from '../policy.ts';
import { customInterval, isOver } from './custom.ts';
import { childKey } from './ledger.ts';
import type { Entry, Ledger } from './ledger.ts';
import { outcomeOf } from './result.ts';
import type { KnownPods } from './pods.ts';
import { buildPipelineRun } from './run.ts';
import { runInterval } from './run-interval.ts';
import { pipelineTaskOf } from './pipeline-of.ts';
import type { Sources } from './sources.ts';
import { childrenSettleInMs, SETTLE_MS, settlesInMs } from './settled.ts';
import type { Observed } from './settled.ts';
import { raisedTo } from './times.ts';
import type { Interval } from './times.ts';
import { buildTaskRun } from './task.ts';

/** Number of tasks above which waits become events: Jaeger's critical path fails near 5000 spans. */
const FOLD_TASKS = 500;

/** The decision about a run's final spans. */
export type ExportDecision =
  | { kind: 'send'; spans: SpanRecord[] }
  /** Nothing is sent, now or later. */
  | { kind: 'nothing' }
  /** An event will requeue the run, or the time `inMs`. */
  | { kind: 'later'; inMs?: number };

export interface ExportFacts {
  ledger: Ledger;
  podsOf: (taskRun: TaskRun) => KnownPods;
  sources: Sources;
  policy: Pick<Policy, 'isExported'>;
  nowMs: number;
}

const observedAt = ({ doneSeenMs = -Infinity }: Entry, { nowMs }: ExportFacts): Observed => ({ nowMs, doneSeenMs });

const finished = (entry: Entry): boolean => isDone(entry.run) || entry.deletedMs !== undefined;

/** The root run of the trace. */
function topOf(entry: Entry, ledger: Ledger): Entry {
  let top = entry;
  for (let above = ledger.parentOf(top.run); above; above = ledger.parentOf(top.run)) top = above;
  return top;
}

/** Whether the run is exported; undefined while that depends on the end of the trace's root run. */
function wanted(entry: Entry, own: RunSpan, { ledger, policy }: ExportFacts): boolean | undefined {
  const top = topOf(entry, ledger);
  return policy.isExported(own.sampled, finished(top) ? outcomeOf(top.run).result : undefined);
}

/** When a run ran, as its root shows it: with what is below it. */
function shownInterval({ run, deletedMs }: Entry, ledger: Ledger): Interval {
  return runInterval(
    run,
    deletedMs,
    ledger.childrenOf(run).map((child) => shownInterval(child, ledger)),
  );
}

/** The time of a run, in which what it owns lies; the end of one that still runs is not known. A child run lies in its owner's time, too. */
function ownerInterval(owner: Entry, ledger: Ledger): Interval {
  const { startMs, endMs } = runInterval(owner.run, owner.deletedMs);
  const own = { startMs, endMs: finished(owner) ? endMs : Infinity };
  const above = ledger.parentOf(owner.run);
  if (!above) return own;
  const limit = ownerInterval(above, ledger);
  return {
    startMs: Math.max(own.startMs, limit.startMs),
    endMs: Math.min(own.endMs, raisedTo(limit.endMs, own.endMs)),
  };
}

function taskRunSpans(entry: Entry, own: RunSpan, facts: ExportFacts): ExportDecision {
  const taskRun: TaskRun = entry.run;
  const pods = facts.podsOf(taskRun);
  // One that is deleted right after its end has a Pod that still has to say how its steps ended.
  const inMs = settlesInMs(taskRun, pods, observedAt(entry, facts)) ?? 0;
  if (inMs > 0) return { kind: 'later', inMs };
  const owner = facts.ledger.parentOf(taskRun);
  const run: PipelineRun | undefined = owner?.run;
  const fold = (run?.status?.pipelineSpec?.tasks?.length ?? 0) > FOLD_TASKS;
  return {
    kind: 'send',
    spans: buildTaskRun({
      taskRun,
      own,
      wasPending: entry.wasPending,
      pods: [...pods.present, ...pods.gone],
      pullEventsOf: (pod) => facts.sources.pullEventsOf(pod),
      resolutions: facts.sources.resolutionsOf(taskRun),
      fold,
      owner: owner && ownerInterval(owner, facts.ledger),
      pipelineTask: run && pipelineTaskOf(run, taskRun),
      deletedMs: entry.deletedMs,
    }),
  };
}

function pipelineRunSpans(entry: Entry, own: RunSpan, facts: ExportFacts): ExportDecision {
  const run: PipelineRun = entry.run;
  const owner = facts.ledger.parentOf(run);
  const children = facts.ledger.childrenOf(run);
  // The root is last: each settled child requeues it.
  if (children.some((child) => !child.settled)) {
    if (entry.deletedMs === undefined) return { kind: 'later' };
    // A finalizer may keep a child of a deleted run for ever.
    const inMs = entry.deletedMs + SETTLE_MS - facts.nowMs;
    if (inMs > 0) return { kind: 'later', inMs };
  }
  const customRuns = facts.sources.customRunsOf(run);
  const over = customRuns.filter(isOver).map(({ customRun }) => childKey(customRun));
  const seen = new Set([...facts.ledger.seenChildren(entry), ...over]);
  const customs = customRuns.map(customInterval).filter((interval) => interval !== undefined);
  const inMs = entry.deletedMs === undefined ? childrenSettleInMs(run, seen, observedAt(entry, facts)) : 0;
  if (inMs > 0) return { kind: 'later', inMs };
  return {
    kind: 'send',
    spans: buildPipelineRun({
      run,
      own,
      wasPending: entry.wasPending,
      children: children.map((child) => child.run),
      below: [...children.map((child) => shownInterval(child, facts.ledger)), ...customs],
      customRuns,
      resolutions: facts.sources.resolutionsOf(run),
      owner: owner && ownerInterval(owner, facts.ledger),
      pipelineTask: owner && pipelineTaskOf(owner.run, run),
      deletedMs: entry.deletedMs,
    }),
  };
}

/** A finished run's final spans, if they can't change any more. */
export function decideExport(entry: Entry, facts: ExportFacts): ExportDecision {
  const { own } = entry;
  if (!own) return { kind: 'nothing' };
  if (!finished(entry)) return { kind: 'later' };
  const want = wanted(entry, own, facts);
  if (want === undefined) return { kind: 'later' };
  if (!want) return { kind: 'nothing' };
  return entry.run.kind === 'PipelineRun' ? pipelineRunSpans(entry, own, facts) : taskRunSpans(entry, own, facts);
}
