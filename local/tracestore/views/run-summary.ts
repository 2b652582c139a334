import { createLogText } from '../../../shared/text/log-text.ts';
import { LABEL_PIPELINE_TASK } from '../../../shared/tekton/annotations.ts';
import { isDone } from '../../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';
import type { LiveRun } from '../../viewer/live/live-run.ts';
import type { LogPlace, LogSource } from '../../viewer/log-place.ts';
import { summarizeRun } from '../../viewer/summary/summary.ts';
import type { RunFacts, RunSummary, SummaryFailure } from '../../viewer/summary/types.ts';
import type { Waterfall } from '../../viewer/waterfall.ts';

/** The page needs the last line for the cause; its panel reads the log itself. */
const TAIL_LINES = 3;
/** Further failures are summed up without their logs. */
const MAX_TAILS = 3;
const MAX_TAIL_BYTES = 16 * 1024;
/** A summary never waits longer for a log. */
const MAX_READ_MS = 5000;

async function readTail(logs: LogSource, place: LogPlace): Promise<string[]> {
  let tail = Buffer.alloc(0);
  for await (const chunk of logs(place, { follow: false, tailLines: TAIL_LINES }, AbortSignal.timeout(MAX_READ_MS)))
    tail = Buffer.from(Buffer.concat([tail, chunk]).subarray(-MAX_TAIL_BYTES));
  const plain = createLogText(false);
  const lines = tail.toString('utf8').replace(/\n$/, '').split('\n');
  return [...lines.flatMap((line) => plain.line(line)), ...plain.end()];
}

const keyOf = ({ namespace, pod, container }: LogPlace): string => `${namespace}/${pod}/${container}`;

/**
 * The ends of the failed containers' logs, read at the same time. One that can't be read is left out: the summary is made without it. Never
 * rejects.
 */
export async function readTails(failures: readonly SummaryFailure[], logs: LogSource): Promise<RunFacts> {
  const tails = new Map<string, string[]>();
  const read = async (place: LogPlace): Promise<void> => {
    const lines = await readTail(logs, place).catch(() => undefined);
    if (lines) tails.set(keyOf(place), lines);
  };
  await Promise.all(failures.slice(0, MAX_TAILS).flatMap(({ log }) => (log ? [read(log)] : [])));
  return { logTail: (log) => tails.get(keyOf(log)) };
}

/** The tasks that a run has still to start. Its status may name a TaskRun later than the TaskRun itself is there. */
function tasksToCome({ status = {} }: PipelineRun, taskRuns: readonly TaskRun[]): string[] {
  const { pipelineSpec, childReferences = [], skippedTasks = [] } = status;
  const begun = new Set([
    ...childReferences.map(({ pipelineTaskName }) => pipelineTaskName),
    ...skippedTasks.map(({ name }) => name),
    ...taskRuns.map(({ metadata }) => metadata.labels?.[LABEL_PIPELINE_TASK]),
  ]);
  const all = [...(pipelineSpec?.tasks ?? []), ...(pipelineSpec?.finally ?? [])];
  return all.map(({ name }) => name).filter((name) => !begun.has(name));
}

/** The summary of a run with what only its objects and logs say: results, reasons of skipped tasks, the last line of a failed step. */
export async function summaryWithFacts(
  waterfall: Waterfall,
  live: LiveRun | undefined,
  logs: LogSource | undefined,
): Promise<RunSummary> {
  const run = live?.pipelineRuns.find(({ metadata }) => metadata.name === waterfall.runName);
  const { results, skippedTasks: skipped } = run?.status ?? {};
  const toCome = run && !isDone(run) ? tasksToCome(run, live?.taskRuns ?? []) : [];
  const facts: RunFacts = { ...(results && { results }), ...(skipped && { skipped }), toCome };
  const summary = summarizeRun(waterfall, facts);
  const failures = [...summary.failures, ...summary.tolerated];
  if (!logs || failures.length === 0) return summary;
  return summarizeRun(waterfall, { ...facts, ...(await readTails(failures, logs)) });
}
