import type { CriticalPath, RunSummary } from '../../local/viewer/summary/types.ts';
import { wrap } from './wrap.ts';
import { printable } from '../waterfall/display-width.ts';
import type { Style } from '../waterfall/style.ts';

/** What fits on the screen below a waterfall. */
const MAX_NAMES = 8;
const MAX_RESULTS = 20;

export interface SummaryTextOptions {
  /** Columns of the terminal. */
  width: number;
  style: Style;
  dim: (text: string) => string;
}

/** The tasks of each reason: a failure may skip all the others. */
function skippedTexts({ skipped }: RunSummary): string[] {
  const byReason = Map.groupBy(skipped, ({ reason }) => reason);
  return [...byReason].map(([reason, tasks]) => {
    const names = tasks.slice(0, MAX_NAMES).map(({ task }) => task);
    const more = tasks.length - names.length;
    return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${reason}`;
  });
}

/** Failures after which the run went on: `flaky attempt 1 › test: exit code 4 (retried)`. */
function toleratedTexts({ tolerated }: RunSummary): string[] {
  const texts = tolerated.slice(0, MAX_NAMES).map(({ text, how }) => `${text} (${how})`);
  const more = tolerated.length - texts.length;
  return more > 0 ? [...texts, `and ${more} more`] : texts;
}

/** `clone → build-image › compile (8.00 s of 13.3 s) → deploy`: the step is the longest of the path, the times are its own and the run's. */
function pathText({ parts: path, longest }: CriticalPath, runText: string): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `… ${part} more`;
      const { rowId, task, longestStep, durationText } = part;
      if (rowId !== longest) return task;
      return longestStep
        ? `${task} › ${longestStep.step} (${longestStep.durationText} of ${runText})`
        : `${task} (${durationText} of ${runText})`;
    })
    .join(' → ');
}

interface Part {
  /** Empty for the second and later texts of a part. */
  label: string;
  text: string;
  /** A long word stays whole, to be copied: a digest, a URL. */
  keepWords: boolean;
}

/** The parts that the run has. */
function parts(summary: RunSummary): Part[] {
  const labelled = (label: string, texts: string[], keepWords = false): Part[] =>
    texts.map((text, index) => ({ label: index === 0 ? label : '', text, keepWords }));
  const { criticalPath, durationText, waits, results } = summary;
  const more = results.length - MAX_RESULTS;
  return [
    ...(criticalPath ? labelled('critical path', [pathText(criticalPath, durationText)]) : []),
    ...labelled('waited', [waits.text]),
    ...labelled('also failed', toleratedTexts(summary)),
    ...labelled('skipped', skippedTexts(summary)),
    ...labelled(
      'results',
      [
        ...results.slice(0, MAX_RESULTS).map(({ name, value }) => `${name} = ${value}`),
        ...(more > 0 ? [`and ${more} more`] : []),
      ],
      true,
    ),
  ];
}

const LABEL = 'critical path'.length;

/** The summary of a run without its failures, in lines that are no wider than the terminal, unless a result has a longer word. */
export function summaryLines(summary: RunSummary, { width, style, dim }: SummaryTextOptions): string[] {
  const asShown = (text: string): string => {
    const { leadsTo, arrow, ellipsis } = style;
    return printable(text).replaceAll('→', leadsTo).replaceAll('›', arrow).replaceAll('…', ellipsis);
  };
  return parts(summary).flatMap(({ label, text, keepWords }) =>
    wrap(asShown(text), Math.max(20, width - LABEL - 4), { keepWords }).map(
      (line, index) => `  ${dim((index === 0 ? label : '').padEnd(LABEL))}  ${line}`,
    ),
  );
}
