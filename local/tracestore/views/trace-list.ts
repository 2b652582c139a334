import { randomBytes } from 'node:crypto';
import type { LiveSource } from '../../viewer/live/live-run.ts';
import { liveSpans } from '../../viewer/live/live-spans.ts';
import type { FailureLogs } from './failure-logs.ts';
import type { TraceMemory } from '../memory/memory.ts';
import { summarize, type TraceSummary } from './trace-summary.ts';

/** The list of traces, whole or what has changed. */
export interface ListUpdate {
  /** To be sent with the next query, which then gets only what has changed. */
  version: string;
  /** `data` has every trace; else only those that changed, and none was removed. */
  whole: boolean;
  /** The newest first. */
  data: TraceSummary[];
  /** Why the list may not have older runs; absent if it has all. */
  older?: string;
}

/** The traces that a list shows. */
export interface ListedTraces {
  /** The newest first. */
  ids(): string[];
  summary(traceId: string): TraceSummary | undefined;
  onChange(listener: (traceId: string) => void): () => void;
}

interface Known {
  summary: TraceSummary;
  since: number;
}

/** The list of stored traces. A summary is asked for again only after a change of its trace. */
export class TraceList {
  readonly #traces: ListedTraces;
  /** Of this process: a page that is left from an earlier one gets the whole list. */
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #known = new Map<string, Known>();
  #version = 0;
  #removedAt = 0;
  readonly #changed = new Set<string>();

  constructor(traces: ListedTraces) {
    this.#traces = traces;
    traces.onChange((traceId) => void this.#changed.add(traceId));
  }

  /** What has changed since an earlier update's version; the whole list without one. */
  update(since?: string): ListUpdate {
    const ids = this.#refresh();
    const [epoch, number] = (since ?? '').split('.');
    const has = epoch === this.#epoch && /^\d+$/.test(number ?? '') ? Number(number) : -1;
    const whole = has < this.#removedAt;
    const data = ids.flatMap((id) => {
      const known = this.#known.get(id);
      return known && (whole || known.since > has) ? [known.summary] : [];
    });
    return { version: `${this.#epoch}.${this.#version}`, whole, data };
  }

  #refresh(): string[] {
    const ids = this.#traces.ids();
    const present = new Set(ids);
    const gone = [...this.#known.keys()].filter((id) => !present.has(id));
    const stale = ids.filter((id) => this.#changed.has(id) || !this.#known.has(id));
    this.#changed.clear();
    if (gone.length === 0 && stale.length === 0) return ids;
    this.#version += 1;
    for (const id of gone) this.#known.delete(id);
    if (gone.length > 0) this.#removedAt = this.#version;
    for (const id of stale) {
      const summary = this.#traces.summary(id);
      if (summary) this.#known.set(id, { summary, since: this.#version });
    }
    return ids;
  }
}

/** What completes the lines of the list. */
export interface BesideTraces {
  /** The API objects of runs: a run that has not ended has the name of its Pipeline, and the state that its page shows. */
  live?: LiveSource | undefined;
  /** A failed run's line also has the last line of its step's log, when that is read. */
  failureLogs?: FailureLogs | undefined;
  /** Milliseconds since the epoch. */
  nowMs?: () => number;
}

/** The list of the traces in memory. */
export function listOf(memory: TraceMemory, { live, failureLogs, nowMs = Date.now }: BesideTraces = {}): TraceList {
  return new TraceList({
    ids: () => memory.ids(),
    summary: (traceId) => {
      const traces = memory.get(traceId);
      const run = live?.find(traceId);
      const spans = run ? liveSpans(traceId, run, nowMs()) : [];
      return (
        traces && summarize(traceId, traces, { live: spans, factsOf: (waterfall) => failureLogs?.now(waterfall) ?? {} })
      );
    },
    onChange: (listener) => {
      const stops = [memory, live, failureLogs].map((source) => source?.onChange(listener));
      return () => stops.forEach((stop) => stop?.());
    },
  });
}
