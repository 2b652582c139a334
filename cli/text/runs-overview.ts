import { formatDuration } from '../../local/viewer/duration.ts';
import { completionOf, isDone, isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { Run } from '../follow/follow-run.ts';
import type { Terminal } from './terminal.ts';
import { printable } from '../waterfall/display-width.ts';

/** The run's time from its start, or from its creation if it never started; empty if it has not ended. */
export function durationText({ metadata, status }: Run): string {
  const from = Date.parse(status?.startTime ?? metadata.creationTimestamp ?? '');
  const to = Date.parse(completionOf({ status }) ?? '');
  return to >= from ? formatDuration(to - from) : '';
}

/** One line for each of several runs: the end of one that failed may be far above the screen. Nothing for a single run. */
export function overviewLines(runs: readonly Run[], { red, green }: Pick<Terminal, 'red' | 'green'>): string[] {
  if (runs.length < 2) return [];
  const failed = runs.filter((run) => !isSuccessful(run)).length;
  const lines = runs.map((run) => {
    const isGood = isSuccessful(run);
    const failure = isDone(run) ? (succeededCondition(run)?.reason ?? 'Failed') : 'Not finished';
    const reason = isGood ? 'Succeeded' : failure;
    const facts = [reason, `${run.metadata.namespace}/${run.metadata.name}`, durationText(run)].map(printable);
    return (isGood ? green : red)(`  ${facts.filter((fact) => fact !== '').join('  ')}`);
  });
  const sum = failed === 0 ? `all ${runs.length} runs succeeded` : `${failed} of ${runs.length} runs did not succeed`;
  return ['', sum, ...lines];
}
