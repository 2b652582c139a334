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
import { pipelineRunSpans } from './run.ts';
import { runInterval } from './run-interval.ts';
import { pipelineTaskOf } from './pipeline-of.ts';
import type { Sources } from './sources.ts';
import { childrenSettleInMs, SETTLE_MS, settlesInMs } from './settled.ts';
import type { Observed } from './settled.ts';
import { raisedTo } from './times.ts';
import type { Interval } from './times.ts';
import { taskRunSpans } from './task.ts';

/** Number of tasks above which waits become events: Jaeger's critical path fails near 5000 spans. */
const FOLD_TASKS = 500;

/** The decision about a run's final spans. */
export type ExportDecision =
  | { kind: 'send'; spans: SpanRecord[] }
  /** Nothing is sent, now or later. */
  | { kind: 'nothing' }
  /** Not yet: the run is requeued after `inMs`, or, without it, when what it waits for has changed. */
  | { kind: 'later'; inMs?: number };

export interface ExportFacts {
  ledger: Ledger;
  podsOf: (taskRun: TaskRun) => KnownPods;
  sources: Sources;
  policy: Pick<Policy, 'shouldExport'>;
  nowMs: number;
}

const observedAt = ({ seenMs, doneSeenMs }: Entry, { nowMs }: ExportFacts): Observed => ({ nowMs, seenMs, doneSeenMs });

const hasEnded = (entry: Entry): boolean => isDone(entry.run) || entry.deletedMs !== undefined;

/** The run whose root waits, directly or not, for this one and for which none waits: the trace's root run. */
function topOf(entry: Entry, ledger: Ledger): Entry {
  let top = entry;
  for (let above = ledger.ownerWaitingFor(top.run); above; above = ledger.ownerWaitingFor(top.run)) top = above;
  return top;
}

/** Whether the run is exported; undefined while that depends on the end of the trace's root run. */
function wanted(entry: Entry, own: RunSpan, { ledger, policy }: ExportFacts): boolean | undefined {
  const top = topOf(entry, ledger);
  return policy.shouldExport(own.sampled, hasEnded(top) ? outcomeOf(top.run).result : undefined);
}

/** When a run ran, as its root shows it: with what is below it. */
function shownInterval({ run, deletedMs }: Entry, ledger: Ledger): Interval {
  return runInterval(
    run,
    deletedMs,
    ledger.childrenAwaitedBy(run).map((child) => shownInterval(child, ledger)),
  );
}

/** The time of a run, in which what it owns lies; the end of one that still runs is not known. A child run lies in its owner's time, too. */
function ownerInterval(owner: Entry, ledger: Ledger): Interval {
  const { startMs, endMs } = runInterval(owner.run, owner.deletedMs);
  const own = { startMs, endMs: hasEnded(owner) ? endMs : Infinity };
  const above = ledger.ownerWaitingFor(owner.run);
  if (!above) return own;
  const limit = ownerInterval(above, ledger);
  return {
    startMs: Math.max(own.startMs, limit.startMs),
    endMs: Math.min(own.endMs, raisedTo(limit.endMs, own.endMs)),
  };
}

function decideTaskRun(entry: Entry, own: RunSpan, facts: ExportFacts): ExportDecision {
  const taskRun: TaskRun = entry.run;
  const pods = facts.podsOf(taskRun);
  // A deleted TaskRun waits, too, if it had ended: its Pod has not said yet how its steps ended.
  // Undefined: deleted while it ran, nothing to wait for.
  const inMs = settlesInMs(taskRun, pods, observedAt(entry, facts)) ?? 0;
  if (inMs > 0) return { kind: 'later', inMs };
  const owner = facts.ledger.ownerWaitingFor(taskRun);
  const run: PipelineRun | undefined = owner?.run;
  const fold = (run?.status?.pipelineSpec?.tasks?.length ?? 0) > FOLD_TASKS;
  return {
    kind: 'send',
    spans: taskRunSpans({
      taskRun,
      own,
      wasPending: entry.wasPending,
      pods: [...pods.gone, ...pods.present],
      podEventsOf: (pod) => facts.sources.podEventsOf(pod),
      resolutions: facts.sources.resolutionsOf(taskRun),
      fold,
      owner: owner && ownerInterval(owner, facts.ledger),
      pipelineTask: run && pipelineTaskOf(run, taskRun),
      deletedMs: entry.deletedMs,
    }),
  };
}

function decidePipelineRun(entry: Entry, own: RunSpan, facts: ExportFacts): ExportDecision {
  const run: PipelineRun = entry.run;
  const owner = facts.ledger.ownerWaitingFor(run);
  const children = facts.ledger.childrenAwaitedBy(run);
  // The root is sent last: each child requeues it when it is finished.
  if (children.some((child) => !child.finished)) {
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
    spans: pipelineRunSpans({
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
  if (!hasEnded(entry)) return { kind: 'later' };
  const want = wanted(entry, own, facts);
  if (want === undefined) return { kind: 'later' };
  if (!want) return { kind: 'nothing' };
  return entry.run.kind === 'PipelineRun' ? decidePipelineRun(entry, own, facts) : decideTaskRun(entry, own, facts);
}
