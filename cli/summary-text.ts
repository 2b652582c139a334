import { formatDuration } from '../local/viewer/duration.ts';
import type { RunSummary } from '../local/viewer/summary/types.ts';
import { wrap } from './wrap.ts';
import { printable } from './waterfall/display-width.ts';

/** What fits on the screen below a waterfall. */
const MAX_NAMES = 8;
const MAX_RESULTS = 20;

export interface SummaryTextOptions {
  /** Columns of the terminal. */
  width: number;
  unicode: boolean;
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

function waitsText({ waits: { totalMs, kinds } }: RunSummary): string {
  if (totalMs === 0) return 'not at all';
  return `${formatDuration(totalMs)} of the critical path: ${kinds
    .filter(({ ms }) => ms >= 1)
    .map(({ text }) => text)
    .join(', ')}`;
}

/** Label and text of each part that the run has. The label of a second text of a part is empty. */
function parts(summary: RunSummary): [label: string, text: string][] {
  const labelled = (label: string, texts: string[]): [string, string][] =>
    texts.map((text, index) => [index === 0 ? label : '', text]);
  const { criticalPath, results } = summary;
  const more = results.length - MAX_RESULTS;
  return [
    ...(criticalPath ? labelled('critical path', [criticalPath.text]) : []),
    ...labelled('waited', [waitsText(summary)]),
    ...labelled('skipped', skippedTexts(summary)),
    ...labelled('results', [
      ...results.slice(0, MAX_RESULTS).map(({ name, value }) => `${name} = ${value}`),
      ...(more > 0 ? [`and ${more} more`] : []),
    ]),
  ];
}

const LABEL = 'critical path'.length;

/** The summary of a run without its failures, in lines that are no wider than the terminal. */
export function summaryLines(summary: RunSummary, { width, unicode, dim }: SummaryTextOptions): string[] {
  const asShown = (text: string): string => {
    const clean = printable(text);
    return unicode ? clean : clean.replaceAll('→', '->').replaceAll('›', '>').replaceAll('…', '..');
  };
  return parts(summary).flatMap(([label, text]) =>
    wrap(asShown(text), Math.max(20, width - LABEL - 4)).map(
      (line, index) => `  ${dim((index === 0 ? label : '').padEnd(LABEL))}  ${line}`,
    ),
  );
}
