import { setTimeout as delay } from 'node:timers/promises';
import { LruMap } from '../../../shared/runtime/lru.ts';
import { functionSummaries } from '../../viewer/functions.ts';
import { liveSpans } from '../../viewer/live/live-spans.ts';
import type { LiveSource } from '../../viewer/live/live-run.ts';
import type { LogSource } from '../../viewer/log-place.ts';
import { pageRows, type PageHead, type PageRow } from '../../viewer/page-view.ts';
import { buildWaterfall, type Waterfall } from '../../viewer/waterfall.ts';
import { summaryWithFacts } from './run-summary.ts';
import type { PageSource } from './page-source.ts';

/** A trace as the page gets it: at first whole, then only what differs from the revision that it has. */
export interface ViewUpdate {
  revision: string;
  /** Epoch milliseconds of the server: what still runs is drawn up to it. */
  nowMs: number;
  head: PageHead;
  /** Ids of all rows in their order; absent if it has not changed. */
  order?: string[];
  rows: PageRow[];
}

interface KnownRow {
  text: string;
  since: number;
}

interface KnownView {
  /** What the sources had when it was built. */
  source: string;
  revision: number;
  orderText: string;
  orderSince: number;
  rows: Map<string, KnownRow>;
  head: PageHead;
  page: PageRow[];
  /** When it was built, and how long that took: by `clockMs`, milliseconds. */
  builtMs: number;
  tookMs: number;
}

export interface ViewOptions {
  live?: LiveSource | undefined;
  logs?: LogSource | undefined;
  /** Milliseconds since the epoch. */
  nowMs?: () => number;
  /** Milliseconds that only go forward: what a build takes. */
  clockMs?: () => number;
  /** Waits `ms`. */
  sleep?: (ms: number) => Promise<unknown>;
}

/** A trace that changes all the time takes this part of a processor, whatever its size: an eightieth. */
const REST_FACTOR = 80;
const MAX_REST_MS = 2000;

/** Functions of controllers that the head names. */
const NAMED_FUNCTIONS = 3;

/** Traces that are followed at the same time; of others the whole is sent again. */
const MAX_VIEWS = 8;

/** Builds traces for the page, and remembers of the last ones when each row has changed. */
export class Views {
  readonly #traces: PageSource;
  readonly #live: LiveSource | undefined;
  readonly #logs: LogSource | undefined;
  readonly #nowMs: () => number;
  readonly #clockMs: () => number;
  readonly #sleep: (ms: number) => Promise<unknown>;
  /** Of this process: a page that is left from an earlier one gets everything. */
  readonly #epoch: string;
  readonly #known = new LruMap<string, KnownView>(MAX_VIEWS);
  /** Builds that have not begun. */
  readonly #waiting = new Map<string, Promise<KnownView | undefined>>();

  constructor(traces: PageSource, options: ViewOptions = {}) {
    const { live, logs, nowMs = Date.now, clockMs = () => performance.now(), sleep = delay } = options;
    this.#traces = traces;
    this.#live = live;
    this.#logs = logs;
    this.#nowMs = nowMs;
    this.#clockMs = clockMs;
    this.#sleep = sleep;
    this.#epoch = nowMs().toString(36);
  }

  /** The whole trace with what runs now; undefined if neither a span nor a run has its id. */
  async waterfall(traceId: string): Promise<Waterfall | undefined> {
    const live = this.#live?.find(traceId);
    const traces = await this.#traces.get(traceId);
    if (!traces && !live) return undefined;
    const spans = live ? liveSpans(traceId, live, this.#nowMs()) : [];
    if (!traces && spans.length === 0) return undefined;
    return buildWaterfall(traceId, traces ?? { resourceSpans: [] }, spans);
  }

  /**
   * What has changed since `since`, a revision of an earlier update; everything without one. 'unchanged' if nothing has; undefined for an
   * unknown trace.
   */
  async update(traceId: string, since: string | undefined): Promise<ViewUpdate | 'unchanged' | undefined> {
    const before = this.#known.get(traceId);
    const view = before?.source === (await this.#sourceOf(traceId)) ? before : await this.#next(traceId);
    if (!view) return undefined;
    const [epoch, number] = (since ?? '').split('-');
    const has = epoch === this.#epoch ? Number(number) : -1;
    if (has === view.revision) return 'unchanged';
    const rows = view.page.filter(({ id }) => (view.rows.get(id)?.since ?? 0) > has);
    return {
      ...{ revision: `${this.#epoch}-${view.revision}`, nowMs: this.#nowMs(), head: view.head },
      ...(view.orderSince > has && { order: view.page.map(({ id }) => id) }),
      rows,
    };
  }

  async #sourceOf(traceId: string): Promise<string> {
    return `${await this.#traces.revision(traceId)}/${this.#live?.revision(traceId) ?? 0}`;
  }

  /** The next build. Everyone who asks before it begins gets it; it begins when the last one is long enough ago. */
  #next(traceId: string): Promise<KnownView | undefined> {
    const build = async (): Promise<KnownView | undefined> => {
      const before = this.#known.get(traceId);
      const restMs = before
        ? Math.min(MAX_REST_MS, before.tookMs * REST_FACTOR) - (this.#clockMs() - before.builtMs)
        : 0;
      if (restMs > 0) await this.#sleep(restMs);
      this.#waiting.delete(traceId);
      return this.#build(traceId);
    };
    // It deletes itself from the map, so it begins when it is there.
    const next = this.#waiting.get(traceId) ?? Promise.resolve().then(build);
    this.#waiting.set(traceId, next);
    return next;
  }

  async #build(traceId: string): Promise<KnownView | undefined> {
    const startMs = this.#clockMs();
    const source = await this.#sourceOf(traceId);
    const waterfall = await this.waterfall(traceId);
    if (!waterfall) return undefined;
    const summary = await summaryWithFacts(waterfall, this.#live?.find(traceId), this.#logs);
    // With the last line of its log a step says more than with its exit code.
    const causes = new Map([
      ...summary.failures.map(({ rowId, cause }) => [rowId, cause] as const),
      ...summary.tolerated.map(({ rowId, cause, how }) => [rowId, `${cause} (${how})`] as const),
    ]);
    const page = pageRows(waterfall).map((row) => ({
      ...row,
      ...(causes.has(row.id) && { problem: causes.get(row.id) ?? '' }),
    }));
    // Read after the last wait: another build may have ended meanwhile, and two must not have the same revision.
    const before = this.#known.get(traceId);
    const revision = (before?.revision ?? 0) + 1;
    const orderText = page.map(({ id }) => id).join();
    const rows = new Map<string, KnownRow>();
    for (const row of page) {
      const text = JSON.stringify(row);
      const last = before?.rows.get(row.id);
      rows.set(row.id, last?.text === text ? last : { text, since: revision });
    }
    const { rows: _, ...rest } = waterfall;
    const functions = functionSummaries(waterfall.rows)
      .slice(0, NAMED_FUNCTIONS)
      .map(({ slowest: _calls, ...one }) => one);
    const head = { ...rest, summary, functions };
    const orderSince = before?.orderText === orderText ? before.orderSince : revision;
    const builtMs = this.#clockMs();
    const tookMs = builtMs - startMs;
    const view = { source, revision, orderText, orderSince, rows, head, page, builtMs, tookMs };
    this.#known.set(traceId, view);
    return view;
  }
}
