import { summarizeRun } from '../../local/viewer/summary/summary.ts';
import type { RunFacts, RunSummary } from '../../local/viewer/summary/types.ts';
import type { Result } from '../../local/viewer/classify.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import type { Run } from '../follow/follow-run.ts';
import { MAX_QUOTED, showEnd } from '../follow/show-end.ts';
import { logCommand } from '../../local/viewer/log-place.ts';
import type { NamedTrace } from '../traces/named-trace.ts';
import type { RunEnd } from '../follow/show-end.ts';
import type { Terminal } from './terminal.ts';
import { printable } from '../waterfall/display-width.ts';
import { waterfallOf } from '../waterfall/waterfall-of.ts';

/** What the API object of the run adds to its trace. */
export function factsOf({ status }: Run): RunFacts {
  const { results = [] } = status ?? {};
  const skipped = status && 'skippedTasks' in status ? (status.skippedTasks ?? []) : [];
  return { results, skipped };
}

const MAX_FAILURES = 20;

/** How the run ended, from its trace and the logs of its failures. */
function endOf(
  { runName, title, namespace }: Waterfall,
  { result, finished, failures }: RunSummary,
  { logTails, isElsewhere }: Pick<NamedTrace, 'logTails' | 'isElsewhere'>,
): RunEnd {
  const name = [namespace, runName ?? title].filter((part) => part !== undefined).join('/');
  const shown = failures.slice(0, MAX_FAILURES);
  const commands = shown.slice(0, MAX_QUOTED).flatMap(({ log }) => (log ? [`its log: ${logCommand(log)}`] : []));
  return {
    isGood: failures.length === 0 && (['success', 'none'].includes(result) || !finished),
    heading: printable(`${finished ? HEADINGS[result] : 'Not finished'}  ${name}`),
    failures: shown.map(({ text, rowId }) => ({
      text: `  ${printable(text)}`,
      lastLines: logTails?.get(rowId) ?? [],
    })),
    more: failures.length - shown.length,
    hints: isElsewhere ? commands : [],
  };
}

const HEADINGS: Record<Result, string> = {
  success: 'Succeeded',
  failure: 'Failed',
  error: 'Failed with an error',
  timeout: 'Timed out',
  cancellation: 'Cancelled',
  skip: 'Skipped',
  running: 'Running',
  // The trace of another program.
  none: 'Ended',
};

/** Draws the trace of a run. Returns the summary to print below it. */
export function showTrace(
  trace: TracesData,
  run: Run,
  { terminal, isFull }: { terminal: Terminal; isFull: boolean },
): RunSummary {
  terminal.print('');
  const waterfall = waterfallOf(trace);
  terminal.waterfall(waterfall, { full: isFull });
  return summarizeRun(waterfall, factsOf(run));
}

/** Draws the trace of a run that this process did not follow, and says how it ended. `run` is absent for a trace without its API object. */
export function showWhole(
  { trace, run, ...logs }: NamedTrace,
  { terminal, isFull }: { terminal: Terminal; isFull: boolean },
): void {
  const waterfall = waterfallOf(trace);
  terminal.waterfall(waterfall, { full: isFull });
  const summary = summarizeRun(waterfall, run ? factsOf(run) : {});
  showEnd(endOf(waterfall, summary, logs), summary, terminal);
}
