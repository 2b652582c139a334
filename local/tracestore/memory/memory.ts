import type { Span, TracesData } from '../../../shared/otlp/types.ts';
import { groupOf, StoredTrace, type SpanGroup } from './stored-trace.ts';

export interface TraceMemoryOptions {
  /** Maximum number of traces. The trace whose first span arrived earliest is evicted first. */
  maxTraces: number;
  /** Maximum memory of all stored traces together. */
  maxBytes: number;
  /** Maximum of one trace's spans as JSON. Reading a trace temporarily takes a few times as much. */
  maxTraceTextBytes: number;
}

/** The result for the spans of one export. Rejected ones did not fit, even after older traces were evicted. */
export interface AddResult {
  stored: number;
  duplicates: number;
  rejected: number;
}

export interface TraceMemoryCounters {
  spansStored: number;
  spansDuplicate: number;
  spansRejected: number;
  tracesEvicted: number;
}

/**
 * Traces in memory, bounded by bytes. A duplicate span is stored once. As in Jaeger, a second span with the same id and other content is
 * stored beside the first.
 */
export class TraceMemory {
  readonly counters: TraceMemoryCounters = { spansStored: 0, spansDuplicate: 0, spansRejected: 0, tracesEvicted: 0 };
  readonly #options: TraceMemoryOptions;
  readonly #traces = new Map<string, StoredTrace>();
  readonly #listeners = new Set<(traceId: string) => void>();
  #bytes = 0;

  constructor(options: TraceMemoryOptions) {
    this.#options = options;
  }

  /**
   * Stores an export and calls the listeners once per changed trace.
   * @param into the trace for all spans; by default each has its own
   */
  add(traces: TracesData, into?: string): AddResult {
    const result: AddResult = { stored: 0, duplicates: 0, rejected: 0 };
    const changed = new Set<string>();
    for (const resourceSpans of traces.resourceSpans) {
      for (const scopeSpans of resourceSpans.scopeSpans) {
        const group = groupOf(resourceSpans, scopeSpans);
        for (const span of scopeSpans.spans) {
          const traceId = into ?? span.traceId;
          const outcome = this.#addSpan(traceId, span, group);
          result[outcome] += 1;
          if (outcome === 'stored') changed.add(traceId);
        }
      }
    }
    this.counters.spansStored += result.stored;
    this.counters.spansDuplicate += result.duplicates;
    this.counters.spansRejected += result.rejected;
    for (const traceId of changed) for (const listener of [...this.#listeners]) listener(traceId);
    return result;
  }

  /** The whole trace as one OTLP document, undefined when no span of it is kept. */
  get(traceId: string): TracesData | undefined {
    return this.#traces.get(traceId)?.toTracesData();
  }

  /** A number that grows with each change of the trace; 0 for an unknown one. */
  revision(traceId: string): number {
    return this.#traces.get(traceId)?.spanCount ?? 0;
  }

  /** Whether the product itself, not a step, sent a span of this id in the trace. */
  hasOwn(traceId: string, spanId: string): boolean {
    return this.#traces.get(traceId)?.hasOwn(spanId) ?? false;
  }

  /** The ids of all traces, the newest first. */
  ids(): string[] {
    return [...this.#traces.keys()].reverse();
  }

  /** Calls `listener` with a trace's id whenever spans were added to it, until the returned function is called. */
  onChange(listener: (traceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #addSpan(traceId: string, span: Span, group: SpanGroup): keyof AddResult {
    const fingerprint = StoredTrace.fingerprint(span, group);
    if (this.#traces.get(traceId)?.has(fingerprint)) return 'duplicates';
    if (!this.#makeRoom(traceId)) return 'rejected';
    const known = this.#traces.get(traceId);
    const trace = known ?? new StoredTrace(traceId);
    const bytesBefore = known?.bytes ?? 0;
    trace.add(span, group, fingerprint);
    this.#traces.set(traceId, trace);
    this.#bytes += trace.bytes - bytesBefore;
    return 'stored';
  }

  /** Evicts the oldest other traces until one more span fits; false if the trace has its maximum size. */
  #makeRoom(traceId: string): boolean {
    const { maxTraces, maxBytes, maxTraceTextBytes } = this.#options;
    if ((this.#traces.get(traceId)?.textBytes ?? 0) >= maxTraceTextBytes) return false;
    const tooManyTraces = (): boolean => !this.#traces.has(traceId) && this.#traces.size >= maxTraces;
    while (this.#bytes >= maxBytes || tooManyTraces()) {
      const oldest = [...this.#traces.values()].find((trace) => trace.id !== traceId);
      if (!oldest) return false;
      this.#traces.delete(oldest.id);
      this.#bytes -= oldest.bytes;
      this.counters.tracesEvicted += 1;
    }
    return true;
  }
}
