import { context, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import { AlwaysOnSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-node';

import { LruMap } from '../runtime/lru.ts';
import { PIPELINE_RUN_SERVICE, serviceResource, TASK_RUN_SERVICE } from './resource.ts';
import type { SpanCarrier } from './carrier.ts';
import type { ReconcileSpan } from './run-tracing.ts';
import type { SpanQueue } from './span-queue.ts';
import { DEFAULT_SPAN_SETTINGS } from './span-settings.ts';
import type { SpanSettings } from './span-settings.ts';
import { activeReconcileScope, RECONCILE_SCOPE, recordError } from './traced.ts';
import type { ReconcileScope } from './traced.ts';

/** Limits that keep a trace readable, and protect the collector from a run that is reconciled endlessly. */
export interface SpanBudget {
  perReconcile: number;
  perRun: number;
}

const DEFAULT_BUDGET: SpanBudget = { perReconcile: 500, perRun: 3000 };
const RUNS_REMEMBERED = 10_000;
/** The last 10 % of a run's budget is for spans with errors and their ancestors: at most 20 a reconcile. */
const SHARE_FOR_ERRORS = 0.1;
const ERRORS_PER_RECONCILE = 20;

interface Recording extends ReconcileScope {
  spans: ReadableSpan[];
  /** True after the reconcile's end: late spans (of work that was not awaited) are then sent alone. */
  finished: boolean;
  keep: boolean;
}

/** Adds each ended span to the reconcile in which it was started. */
class ReconcileCollector implements SpanProcessor {
  readonly #recordings = new WeakMap<object, Recording>();
  readonly #late: (spans: ReadableSpan[]) => void;

  constructor(late: (spans: ReadableSpan[]) => void) {
    this.#late = late;
  }

  onStart(span: Span, parent: Context): void {
    const recording = activeReconcileScope(parent) as Recording | undefined;
    if (recording) this.#recordings.set(span, recording);
  }

  onEnd(span: ReadableSpan): void {
    const recording = this.#recordings.get(span);
    if (!recording || recording.finished) this.#late([span]);
    else recording.spans.push(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

const hasError = (span: ReadableSpan): boolean => span.status.code === SpanStatusCode.ERROR;

/** The first spans with errors, each with all spans above it, as long as they are `max` together. */
function errorsWithParents(spans: ReadableSpan[], max: number): ReadableSpan[] {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const kept = new Set<ReadableSpan>();
  for (const failed of spans.filter(hasError)) {
    const path: ReadableSpan[] = [];
    for (
      let span: ReadableSpan | undefined = failed;
      span && !kept.has(span);
      span = byId.get(span.parentSpanContext?.spanId ?? '')
    )
      path.push(span);
    if (kept.size + path.length > max) break;
    for (const span of path) kept.add(span);
  }
  return spans.filter((span) => kept.has(span));
}

/** Keeps all spans of the present reconcile; to be called when it ends its run. Does nothing outside of a recorded reconcile. */
export function keepReconcile(): void {
  const recording = activeReconcileScope() as Recording | undefined;
  if (recording) recording.keep = true;
}

/** Runs one reconcile inside its span, below `own`, the run's own span. If there is no own span, or it is not sampled, `fn` runs unrecorded. */
export type RecordReconcile = <T>(
  span: ReconcileSpan,
  own: SpanCarrier | undefined,
  fn: () => Promise<T>,
) => Promise<T>;

export interface ReconcileTracingOptions {
  queue: SpanQueue;
  clusterKey: string;
  settings?: SpanSettings;
  budget?: SpanBudget;
}

/**
 * Records the reconciles of sampled runs: one `…:ReconcileKind` span below the run's own span, and below it a span for each function and API
 * request. The queue gets them together after the reconcile's end: a killed process loses whole reconciles, and leaves no orphans.
 */
export function createReconcileTracing({
  queue,
  clusterKey,
  settings = DEFAULT_SPAN_SETTINGS,
  budget = DEFAULT_BUDGET,
}: ReconcileTracingOptions): RecordReconcile {
  const { limits, resourceAttributes } = settings;
  const provide = (service: string): NodeTracerProvider =>
    new NodeTracerProvider({
      resource: serviceResource(service, clusterKey, resourceAttributes),
      // Set explicitly, so that the SDK does not read environment variables.
      spanLimits: {
        attributeCountLimit: limits.attributes,
        attributeValueLengthLimit: limits.valueLength,
        eventCountLimit: limits.events,
        linkCountLimit: limits.links,
        attributePerEventCountLimit: limits.attributesPerEvent,
        attributePerLinkCountLimit: limits.attributesPerLink,
      },
      // Sampling was decided at admission; unsampled runs never get here.
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new ReconcileCollector((spans) => queue.add(spans))],
    });
  const providers = { PipelineRun: provide(PIPELINE_RUN_SERVICE), TaskRun: provide(TASK_RUN_SERVICE) };
  const spansByRun = new LruMap<string, number>(RUNS_REMEMBERED);

  /** The spans to send below the reconcile's own: all, or, if they are too many, those with errors and their ancestors. */
  function withinBudget({ spans, keep }: Recording, runUid: string): ReadableSpan[] {
    // The reconcile's own span is always sent: one of the budget.
    const spent = (spansByRun.get(runUid) ?? 0) + 1;
    const left = budget.perRun - Math.floor(budget.perRun * SHARE_FOR_ERRORS) - spent;
    const most = Math.min(budget.perReconcile, left);
    const ofErrors = Math.max(most, Math.min(ERRORS_PER_RECONCILE, budget.perRun - spent));
    const kept = keep || spans.length <= most ? spans : errorsWithParents(spans, ofErrors);
    spansByRun.set(runUid, spent + kept.length);
    return kept;
  }

  return async ({ name, run, attributes }, own, fn) => {
    if (!own?.sampled) return fn();
    const provider = name === 'PipelineRun:ReconcileKind' ? providers.PipelineRun : providers.TaskRun;
    const tracer = provider.getTracer('tektrace');
    const recording: Recording = { tracer, provider, spans: [], finished: false, keep: false };
    const parent = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: own.traceId,
      spanId: own.spanId,
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    });
    const scoped = parent.setValue(RECONCILE_SCOPE, recording);
    const span = tracer.startSpan(name, { attributes: attributes ?? {} }, scoped);
    try {
      return await context.with(trace.setSpan(scoped, span), fn);
    } catch (error) {
      recordError(span, error);
      throw error;
    } finally {
      const children = withinBudget(recording, run.metadata.uid ?? '');
      const omitted = recording.spans.length - children.length;
      if (omitted > 0) span.setAttribute('tektrace.spans.omitted', omitted);
      span.end();
      const self = recording.spans.at(-1);
      recording.finished = true;
      queue.add(self ? [self, ...children.filter((child) => child !== self)] : children);
    }
  };
}
