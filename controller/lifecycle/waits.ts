import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { PipelineRun, TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import { createdMs, span } from './span.ts';
import { startMs } from './times.ts';

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
  return startMs((first ?? status)?.startTime);
}

/** The span from admission (else creation) to the start in the status. */
export function queuedSpan(run: PipelineRun | TaskRun, root: SpanCarrier): SpanRecord[] {
  const started = startedMs(run);
  if (started === undefined) return [];
  const from = trustedAdmissionTime(run.metadata)?.answeredMs ?? createdMs(run);
  const ids = {
    traceId: root.traceId,
    spanId: deriveSpanId(root.traceId, 'queued', root.spanId),
    parentSpanId: root.spanId,
  };
  return [span(ids, 'queued', { startMs: from, endMs: started })];
}
