import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { PipelineRun, TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import { createdMs, span } from './span.ts';
import { epochMs } from './times.ts';

export interface WaitFacts {
  run: PipelineRun | TaskRun;
  own: SpanCarrier;
  /** Whether this process saw it pending: a started run does not say so any more. */
  wasPending?: boolean | undefined;
}

/** The span of the webhook's request, from its annotation. It is final when the run arrives. */
export function admissionSpan(run: PipelineRun | TaskRun, root: SpanCarrier): SpanRecord[] {
  const admission = trustedAdmissionTime(run.metadata);
  if (!admission) return [];
  const ids = {
    traceId: root.traceId,
    spanId: deriveSpanId(root.traceId, 'admission', root.spanId),
    parentSpanId: root.spanId,
  };
  return [span(ids, 'admission', { startMs: admission.receivedMs, endMs: admission.answeredMs })];
}

/** When the controller started the run, epoch milliseconds: a TaskRun's first attempt, whose status the next one archives. */
function startedMs({ status }: PipelineRun | TaskRun): number | undefined {
  const [first]: TaskRunStatus[] = status && 'retriesStatus' in status ? (status.retriesStatus ?? []) : [];
  return epochMs((first ?? status)?.startTime);
}

/** When a run began to wait, epoch milliseconds: at its admission, else its creation. */
function waitsFromMs(run: PipelineRun | TaskRun): number {
  return trustedAdmissionTime(run.metadata)?.answeredMs ?? createdMs(run);
}

/** The span from admission (else creation) to the start in the status. */
export function queuedSpan(run: PipelineRun | TaskRun, root: SpanCarrier): SpanRecord[] {
  const started = startedMs(run);
  if (started === undefined) return [];
  const ids = {
    traceId: root.traceId,
    spanId: deriveSpanId(root.traceId, 'queued', root.spanId),
    parentSpanId: root.spanId,
  };
  return [span(ids, 'queued', { startMs: waitsFromMs(run), endMs: started })];
}

/** Whether the run may not start yet, because its creator said so (`spec.status`). */
export function isPending({ spec }: PipelineRun | TaskRun): boolean {
  return spec.status === 'PipelineRunPending' || spec.status === 'TaskRunPending';
}

/** The wait of a run that was pending: what `queued` waited for, or, where it never started, all of the run until `endMs`. */
export function pendingSpan(run: PipelineRun | TaskRun, root: SpanCarrier, endMs: number | undefined): SpanRecord[] {
  const started = startedMs(run);
  const until = started ?? endMs;
  if (until === undefined) return [];
  const { traceId, spanId } = root;
  const ids = {
    traceId,
    spanId: deriveSpanId(traceId, 'pending', spanId),
    parentSpanId: started === undefined ? spanId : deriveSpanId(traceId, 'queued', spanId),
  };
  return [span(ids, 'pending', { startMs: waitsFromMs(run), endMs: until })];
}

/** What came before the run's work. `endMs`: when the run ended. */
export function waitSpans({ run, own, wasPending = false }: WaitFacts, endMs: number | undefined): SpanRecord[] {
  return [...admissionSpan(run, own), ...queuedSpan(run, own), ...(wasPending ? pendingSpan(run, own, endMs) : [])];
}
