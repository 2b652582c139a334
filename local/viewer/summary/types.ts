import type { Result } from '../classify.ts';
import type { LogPlace } from '../log-place.ts';

/** What the trace does not have, from the API objects and the logs. Everything is optional: the summary is made of what there is. */
export interface RunFacts {
  /** The last lines of a container's log, oldest first, without their line feeds. Undefined if they are not known. */
  logTail?: (log: LogPlace) => readonly string[] | undefined;
  /** `status.results` of the run. */
  results?: readonly { name: string; value: unknown }[];
  /** `status.skippedTasks` of the run. While it goes on, no span has them yet. */
  skipped?: readonly SkippedFact[];
  /** The tasks of a run that goes on which were neither started nor skipped, those in `finally` last. */
  toCome?: readonly string[];
}

export interface SkippedFact {
  name: string;
  reason: string;
  /** Those of the task, with their values: `{input: "dev", operator: "in", values: ["prod"]}`. */
  whenExpressions?: readonly { input?: string; operator?: string; values?: readonly string[]; cel?: string }[];
}

/** A failure at the place where it began. */
export interface SummaryFailure {
  /** `WaterfallRow.id` of the span. */
  rowId: string;
  /** The task, with the values of its matrix; absent for a failure of the run itself. */
  task?: string;
  /** The attempt, where the task had more than one: `attempt 2`. */
  attempt?: string;
  /** The step, or another container or wait of the task; absent for a failure of the task itself. */
  step?: string;
  /** What kind of end it was: `cancellation` and `timeout` for what was stopped. */
  result: Result;
  /** Of what ended by itself. */
  exitCode?: number;
  /** In one line: `exit code 3: expected 4, got 5`. */
  cause: string;
  /** The last lines of its log, oldest first; empty if they are not known. */
  logTail: readonly string[];
  /** The container that failed; absent where the trace does not name it. */
  log?: LogPlace;
  /** `unit-test › jest: exit code 1: expected 4, got 5`; with the attempt after the task. */
  text: string;
  /** A wait failed: the API objects don't say why. */
  isWait?: true;
}

/** A failure after which its run went on: its attempt was `retried`, or it was `ignored` (`onError: continue`). */
export type ToleratedFailure = SummaryFailure & { how: 'retried' | 'ignored' };

/** A task of the critical path. Times are milliseconds after the trace's start. */
export interface PathTask {
  rowId: string;
  /** Below the task of a Pipeline in a Pipeline: `deploy/apply`. */
  task: string;
  result: Result;
  offsetMs: number;
  durationMs: number;
  durationText: string;
  /** The step of this task that took longest; absent if none ran. */
  longestStep?: { rowId: string; step: string; durationMs: number; durationText: string };
}

/** The tasks that decided when the run ended (`chainOf` has the rule). */
export interface CriticalPath {
  /** In the order of time, at least one. Of more than eight tasks the first and last ones and the longest; a number says how many are left out in its place. */
  parts: readonly (PathTask | number)[];
  /** The `rowId` of the task whose longest step is the longest of all. If no step ran, of the longest task. */
  longest: string;
}

export type WaitKind =
  | 'admission'
  | 'queued'
  | 'pending'
  | 'resolving'
  | 'scheduling'
  | 'image pull'
  | 'volumes'
  /** Until each sidecar was ready. */
  | 'sidecars'
  | 'starting'
  /** A Pod that was deleted while it ran its task: the task began again in another one. */
  | 'deleted Pod'
  /** Controllers had yet to create a task of the path, or its Pod, or to end the task or the run. */
  | 'controller';

/** The waits on the critical path: those of its tasks while none of their steps ran, and those between its tasks. */
export interface Waits {
  totalMs: number;
  /** Longest first. Each moment is counted once, so they add up to `totalMs`. */
  kinds: readonly { kind: WaitKind; ms: number; text: string }[];
  /** `1.30 s of the critical path: starting 900 ms, scheduling 400 ms`; without those below a millisecond. */
  text: string;
}

/** The answers to what a person asks first about a run. For the page and the terminal; everything in it is JSON. */
export interface RunSummary {
  result: Result;
  /** False while the run goes on: then everything is as of the trace's last moment. */
  finished: boolean;
  durationMs: number;
  durationText: string;
  /** Why it failed, the most likely cause first. Empty for a run that succeeded, whatever failed in it. */
  failures: readonly SummaryFailure[];
  /** Failures that are not why it failed, in the order of their ends. */
  tolerated: readonly ToleratedFailure[];
  /** Absent while no task is in the trace. */
  criticalPath?: CriticalPath;
  waits: Waits;
  results: readonly { name: string; value: string }[];
  skipped: readonly { rowId?: string; task: string; reason: string }[];
  /** Tasks that the run has still to start; empty where no API object says so. */
  toCome: readonly string[];
}
