import { hash } from 'node:crypto';
import { LruMap } from '../../shared/runtime/lru.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { LIFECYCLE_SERVICE } from '../../shared/tracing/resource.ts';
import { HttpError } from '../tracestore/api/http-error.ts';
import { summarize, type TraceSummary } from '../tracestore/views/trace-summary.ts';
import { TraceList, type ListUpdate } from '../tracestore/views/trace-list.ts';
import type { TraceSource } from '../tracestore/views/trace-source.ts';
import { buildWaterfall } from '../viewer/waterfall.ts';
import { JaegerQueryError, type JaegerQuery } from './query.ts';

/** How often Jaeger is asked while a page is open. */
const POLL_MS = 10_000;
/** A trace or the list that is younger is not asked for again. */
const FRESH_MS = 2000;
/** Spans come late: exporters collect them, and storages make them visible after a while. */
const OVERLAP_MS = 90_000;
const MAX_CACHED = 8;

interface Cached {
  traceId: string;
  traces: TracesData | undefined;
  revision: string;
  atMs: number;
  finished: boolean;
}

export interface JaegerSourceOptions {
  /** How far back the list goes, in milliseconds. */
  sinceMs: number;
  /** The number of traces in the list. */
  limit: number;
  nowMs?: () => number;
}

/** Traces of a Jaeger for the pages. Jaeger reports no changes, so it is asked for them while a page is open. */
export class JaegerSource implements TraceSource {
  readonly #query: JaegerQuery;
  readonly #options: JaegerSourceOptions;
  readonly #nowMs: () => number;
  readonly #summaries = new Map<string, TraceSummary>();
  readonly #cache = new LruMap<string, Cached>(MAX_CACHED);
  readonly #listeners = new Set<(traceId: string | undefined) => void>();
  readonly #list: TraceList;
  #polledAtMs: number | undefined;
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(query: JaegerQuery, options: JaegerSourceOptions) {
    this.#query = query;
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#list = new TraceList({
      ids: () => this.#ids(),
      summary: (traceId) => this.#summaries.get(traceId),
      onChange: (listener) => this.onChange((traceId) => traceId !== undefined && listener(traceId), false),
    });
  }

  #ids(): string[] {
    const byStart = [...this.#summaries.values()].toSorted((a, b) => b.startUnixMs - a.startUnixMs);
    return byStart.map(({ id }) => id);
  }

  /** The list, asked for anew if it is not fresh. Throws HttpError 502 with Jaeger's reason. */
  async list(since: string | undefined): Promise<ListUpdate> {
    if (this.#polledAtMs === undefined || this.#nowMs() - this.#polledAtMs >= FRESH_MS) await this.#poll();
    return this.#list.update(since);
  }

  async get(traceId: string): Promise<TracesData | undefined> {
    return (await this.#read(traceId)).traces;
  }

  async revision(traceId: string): Promise<string> {
    return (await this.#read(traceId)).revision;
  }

  /** @param asks whether Jaeger is asked for changes as long as this listener is there */
  onChange(listener: (traceId: string | undefined) => void, asks = true): () => void {
    this.#listeners.add(listener);
    if (asks) this.#timer ??= setInterval(() => void this.#refresh(), POLL_MS).unref();
    return () => {
      this.#listeners.delete(listener);
      // The list's own listener stays.
      if (this.#listeners.size > 1) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #read(traceId: string): Promise<Cached> {
    const known = this.#cache.get(traceId);
    if (known && this.#nowMs() - known.atMs < FRESH_MS) return known;
    const traces = await this.#asked(() => this.#query.trace(traceId));
    const cached: Cached = {
      traceId,
      traces,
      revision: traces ? hash('sha256', JSON.stringify(traces)) : '',
      atMs: this.#nowMs(),
      finished: traces !== undefined && buildWaterfall(traceId, traces).finished,
    };
    this.#cache.set(traceId, cached);
    return cached;
  }

  /** What pages are shown now: the list, and traces whose runs go on. After a failure the page asks itself, and shows the reason. */
  async #refresh(): Promise<void> {
    await this.#poll().catch(() => this.#changed(undefined));
    const now = this.#nowMs();
    for (const { traceId, finished, atMs } of [...this.#cache.values()])
      if (!finished && now - atMs < 3 * POLL_MS) this.#changed(traceId);
  }

  #changed(traceId: string | undefined): void {
    for (const listener of [...this.#listeners]) listener(traceId);
  }

  #poll(): Promise<void> {
    this.#polling ??= this.#search().finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  async #search(): Promise<void> {
    const { sinceMs, limit } = this.#options;
    const toMs = this.#nowMs();
    const fromMs = this.#polledAtMs === undefined ? toMs - sinceMs : this.#polledAtMs - OVERLAP_MS;
    // Each run has a span of this service: its own. Clocks of nodes and collectors may be ahead of this one.
    const search = { service: LIFECYCLE_SERVICE, fromMs, toMs: toMs + OVERLAP_MS, limit };
    const found = await this.#asked(() => this.#query.search(search));
    this.#polledAtMs = toMs;
    for (const [traceId, traces] of found) {
      const summary = summarize(traceId, traces);
      if (JSON.stringify(summary) === JSON.stringify(this.#summaries.get(traceId))) continue;
      this.#summaries.set(traceId, summary);
      this.#changed(traceId);
    }
    for (const id of this.#ids().slice(limit)) this.#summaries.delete(id);
  }

  async #asked<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      if (error instanceof JaegerQueryError) throw new HttpError(502, error.message);
      throw error;
    }
  }
}
