import { parseForeignCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { carrierNames } from '../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

/*
 * Upstream's reconciler takes a run's trace from `status.spanContext`; if that is empty, from the run's annotation, and writes it to the status; if
 * there is no annotation, it starts a trace and writes that to the status. The status is written when the first reconcile has ended
 * (tektoncd/pipeline v1.15.0, pkg/reconciler/pipelinerun/tracing.go, pkg/reconciler/taskrun/tracing.go). Only who may write the status of
 * runs can write it: Tekton's own roles give that to its controllers alone.
 */

type Run = PipelineRun | TaskRun;

/** The span below which upstream puts its reconciles of the run, once it has written it. */
export function upstreamSpan(run: Run): SpanCarrier | undefined {
  return parseForeignCarrier(JSON.stringify(run.status?.spanContext ?? {}));
}

/** The trace that the run's annotation tells upstream to join. */
export function offeredTrace(run: Run): string | undefined {
  return parseForeignCarrier(run.metadata.annotations?.[carrierNames(run.kind).upstream])?.traceId;
}

/** Whether upstream may still start a trace for the run by itself: it has no status yet, and no annotation names a trace. */
export function mayStartTrace(run: Run): boolean {
  return Object.keys(run.status ?? {}).length === 0 && offeredTrace(run) === undefined;
}

/**
 * The trace that upstream has started for a run by itself. Not one that an annotation told it to join: nobody has checked whether its writer may.
 * `offered`: the traces that annotations have named.
 */
export function startedTrace(run: Run, offered: ReadonlySet<string> = new Set()): string | undefined {
  const traceId = upstreamSpan(run)?.traceId;
  return traceId === undefined || offered.has(traceId) ? undefined : traceId;
}
