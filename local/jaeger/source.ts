import { hash } from 'node:crypto';
import { LruMap } from '../../shared/runtime/lru.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { LIFECYCLE_SERVICE } from '../../shared/tracing/resource.ts';
import { HttpError } from '../tracestore/api/http-error.ts';
import { summarize, type TraceSummary } from '../tracestore/views/trace-summary.ts';
import { TraceList, type ListUpdate } from '../tracestore/views/trace-list.ts';
import type { PageSource } from '../tracestore/views/page-source.ts';
import { buildWaterfall } from '../viewer/waterfall.ts';
import { JaegerQueryError, type JaegerQuery } from './query.ts';

/** How often Jaeger is asked while a page is open. */
const POLL_MS = 10_000;
/** A trace or the list that is younger is not asked for again. */
const FRESH_MS = 2000;
/** Spans come late: exporters collect them, and storages make them visible after a while. */
const OVERLAP_MS = 90_000;
/** What a page already has is shown to it for so long without asking, and longer while Jaeger does not answer. */
const KEPT_MS = 30_000;
const MAX_CACHED = 8;
/** The list is read anew this often: spans that were late by more than `OVERLAP_MS` are in no other search. */
const WHOLE_MS = 600_000;
/** A run whose end is awaited is asked for again after this part of its age: the spans that end it began long ago, so that no search for new ones has them. */
const AWAITED_PART = 1 / 20;
/** So many of them at a time. */
const MAX_AWAITED = 5;
const OLDER = 'older runs may be left out: --limit and --since show more';

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
export class JaegerSource implements PageSource {
  readonly #query: JaegerQuery;
  readonly #options: JaegerSourceOptions;
  readonly #nowMs: () => number;
  readonly #listed = new Map<string, { summary: TraceSummary; askedAtMs: number }>();
  readonly #reads = new Map<string, Promise<Cached>>();
  readonly #cache = new LruMap<string, Cached>(MAX_CACHED);
  readonly #listeners = new Set<(traceId: string | undefined) => void>();
  readonly #list: TraceList;
  #polledAtMs: number | undefined;
  #wholeAtMs = 0;
  #isCut = false;
  #refreshing = false;
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(query: JaegerQuery, options: JaegerSourceOptions) {
    this.#query = query;
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#list = new TraceList({
      ids: () => this.#ids(),
      summary: (traceId) => this.#listed.get(traceId)?.summary,
      onChange: (listener) => this.onChange((traceId) => traceId !== undefined && listener(traceId), false),
    });
  }

  #ids(): string[] {
    const byStart = [...this.#listed.values()]
      .map(({ summary }) => summary)
      .toSorted((a, b) => b.startUnixMs - a.startUnixMs);
    return byStart.map(({ id }) => id);
  }

  /** The list, asked for anew if it is not fresh. Throws HttpError 502 with Jaeger's reason. */
  async list(since: string | undefined): Promise<ListUpdate> {
    if (this.#polledAtMs === undefined || this.#nowMs() - this.#polledAtMs >= FRESH_MS) await this.#poll();
    return { ...this.#list.update(since), ...(this.#isCut && { older: OLDER }) };
  }

  /** As the page has it; `revision` asks Jaeger anew. */
  async get(traceId: string): Promise<TracesData | undefined> {
    const known = this.#cache.get(traceId);
    if (known?.traces && this.#nowMs() - known.atMs < KEPT_MS) return known.traces;
    try {
      return (await this.#read(traceId)).traces;
    } catch (error) {
      if (known?.traces) return known.traces;
      throw error;
    }
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

  /** The trace, asked for anew if it is not fresh; once for all who ask meanwhile. */
  async #read(traceId: string): Promise<Cached> {
    const known = this.#cache.get(traceId);
    if (known && this.#nowMs() - known.atMs < FRESH_MS) return known;
    const reading = this.#reads.get(traceId) ?? this.#ask(traceId).finally(() => this.#reads.delete(traceId));
    this.#reads.set(traceId, reading);
    return reading;
  }

  async #ask(traceId: string): Promise<Cached> {
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
    // Jaeger may take longer than the time between two.
    if (this.#refreshing) return;
    this.#refreshing = true;
    await this.#poll()
      .then(() => this.#askForAwaited())
      .catch(() => this.#changed(undefined));
    this.#refreshing = false;
    const now = this.#nowMs();
    for (const { traceId, finished, atMs } of [...this.#cache.values()])
      if (!finished && now - atMs < 3 * POLL_MS) this.#changed(traceId);
  }

  /** Asks for the runs of the list whose end is awaited, the longest not asked for first. */
  async #askForAwaited(): Promise<void> {
    const now = this.#nowMs();
    const isDue = ({ summary: { finished, startUnixMs }, askedAtMs }: { summary: TraceSummary; askedAtMs: number }) =>
      !finished && now - askedAtMs >= Math.max(POLL_MS, (now - startUnixMs) * AWAITED_PART);
    const due = [...this.#listed.values()].filter(isDue).toSorted((a, b) => a.askedAtMs - b.askedAtMs);
    for (const { summary } of due.slice(0, MAX_AWAITED)) {
      const traces = await this.#asked(() => this.#query.trace(summary.id));
      if (traces) this.#keep(summary.id, traces);
    }
  }

  #keep(traceId: string, traces: TracesData): void {
    const summary = summarize(traceId, traces);
    const before = this.#listed.get(traceId)?.summary;
    this.#listed.set(traceId, { summary, askedAtMs: this.#nowMs() });
    if (JSON.stringify(summary) !== JSON.stringify(before)) this.#changed(traceId);
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
    const polledAtMs = toMs - this.#wholeAtMs < WHOLE_MS ? this.#polledAtMs : undefined;
    const fromMs = polledAtMs === undefined ? toMs - sinceMs : polledAtMs - OVERLAP_MS;
    // Each run has a span of this service: its own. Clocks of nodes and collectors may be ahead of this one.
    const search = { service: LIFECYCLE_SERVICE, fromMs, toMs: toMs + OVERLAP_MS, limit };
    const found = await this.#asked(() => this.#query.search(search));
    this.#polledAtMs = toMs;
    if (polledAtMs === undefined) this.#wholeAtMs = toMs;
    for (const [traceId, traces] of found) this.#keep(traceId, traces);
    const left = this.#ids().slice(limit);
    for (const id of left) this.#listed.delete(id);
    this.#isCut ||= left.length > 0 || found.size >= limit;
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
