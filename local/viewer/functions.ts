import { attributeOf, type WaterfallRow } from './row.ts';
import { formatDuration } from './duration.ts';

/** One call of a function. */
export interface FunctionCall {
  /** Id of its row. */
  id: string;
  offsetMs: number;
  durationMs: number;
  durationText: string;
  problem?: string;
}

/** All calls of one function of a controller, or all API requests of one kind. */
export interface FunctionSummary {
  name: string;
  service: string;
  isRequest: boolean;
  count: number;
  errors: number;
  /** Milliseconds of all calls, with the functions below them. */
  totalMs: number;
  /** Without the functions and API requests below them. Calls below which spans were left out add nothing. */
  selfMs: number;
  p50Ms: number;
  maxMs: number;
  totalText: string;
  selfText: string;
  p50Text: string;
  maxText: string;
  /** Of the call that took longest without the functions and API requests below it. */
  maxSelfText: string;
  /** API requests that it made, itself and by functions below it. */
  requests: number;
  /** The longest calls, the longest first. */
  slowest: FunctionCall[];
}

const SLOWEST = 10;

/** A row of a controller, with what is below it. */
export interface Call {
  row: WaterfallRow;
  /** API requests below it. */
  requests: number;
  /** Milliseconds without the functions and API requests directly below it. 0 where spans below it were left out: then nobody knows. */
  selfMs: number;
}

/** How many spans below it its controller left out, to stay within the limits of a reconcile and of a run. */
export const omittedBelow = (row: WaterfallRow): number => Number(attributeOf(row, 'tektrace.spans.omitted') ?? 0) || 0;

/** The calls of controllers' functions, and their API requests. */
export function callsOf(rows: WaterfallRow[]): Call[] {
  const calls = rows.map((row): Call => ({ row, requests: 0, selfMs: row.durationMs }));
  // A row comes after the one above it.
  for (const { row, requests } of calls.toReversed()) {
    const above = calls[row.parent];
    if (!above || row.category !== 'controller') continue;
    above.requests += requests + (isRequest(row) ? 1 : 0);
    above.selfMs -= row.durationMs;
  }
  return calls
    .filter(({ row }) => row.category === 'controller')
    .map((call) => ({ ...call, selfMs: omittedBelow(call.row) > 0 ? 0 : Math.max(0, call.selfMs) }));
}

const isRequest = ({ category, kind }: WaterfallRow): boolean => category === 'controller' && kind === 'client';

const callOf = ({ id, offsetMs, durationMs, durationText, problem }: WaterfallRow): FunctionCall => ({
  ...{ id, offsetMs, durationMs, durationText },
  ...(problem !== undefined && { problem }),
});

/**
 * What the controllers' functions and API requests of a trace took; first those that took longest by themselves.
 * @param rows of the whole waterfall
 */
export function functionSummaries(rows: WaterfallRow[]): FunctionSummary[] {
  const groups = Map.groupBy(callsOf(rows), ({ row }) => JSON.stringify([row.service, row.name, isRequest(row)]));
  return [...groups.values()]
    .map((calls) => summaryOf(calls))
    .toSorted((a, b) => b.selfMs - a.selfMs || (a.name < b.name ? -1 : 1));
}

function summaryOf(calls: Call[]): FunctionSummary {
  const byLength = calls.map(({ row }) => row).toSorted((a, b) => b.durationMs - a.durationMs);
  const [longest = calls[0]?.row] = byLength;
  const totalMs = byLength.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const selfMs = calls.reduce((sum, call) => sum + call.selfMs, 0);
  // The lower of two middle calls.
  const p50Ms = byLength[Math.floor(byLength.length / 2)]?.durationMs ?? 0;
  const maxMs = longest?.durationMs ?? 0;
  return {
    name: longest?.name ?? '',
    service: longest?.service ?? '',
    isRequest: longest !== undefined && isRequest(longest),
    count: calls.length,
    errors: byLength.filter(({ status }) => status.code === 'error').length,
    ...{ totalMs, selfMs, p50Ms, maxMs },
    ...{
      totalText: formatDuration(totalMs),
      selfText: formatDuration(selfMs),
      p50Text: formatDuration(p50Ms),
      maxText: formatDuration(maxMs),
      maxSelfText: formatDuration(Math.max(...calls.map((call) => call.selfMs))),
    },
    requests: calls.reduce((sum, { requests }) => sum + requests, 0),
    slowest: byLength.slice(0, SLOWEST).map(callOf),
  };
}
