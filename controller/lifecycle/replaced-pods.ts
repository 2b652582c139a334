import { SpanStatusCode } from '@opentelemetry/api';

import type { Pod } from '../../shared/kubernetes/pod.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { Attempt } from './attempt.ts';
import { span } from './span.ts';
import { epochMs, within } from './times.ts';

const MESSAGE = 'the Pod was deleted while its TaskRun ran: all steps began again in another Pod';

/**
 * The spans of an attempt's Pods that were deleted while it ran, by a user or with their node: each from its creation to that of the Pod with which
 * upstream replaced it (pkg/reconciler/taskrun: a Pod that is not found is created). `pods`: those with the name of the attempt's Pod, the oldest first.
 */
export function replacedPodSpans(pods: readonly Pod[], attempt: Attempt): SpanRecord[] {
  const { traceId, parentSpanId } = attempt;
  return pods.slice(0, -1).flatMap((pod, index) => {
    const { uid = '', name = '', creationTimestamp } = pod.metadata;
    const [from, to] = [creationTimestamp, pods[index + 1]?.metadata.creationTimestamp].map(epochMs);
    if (from === undefined || to === undefined) return [];
    const node = pod.spec?.nodeName;
    const attributes = {
      'k8s.pod.name': name,
      ...(node !== undefined && { 'k8s.node.name': node }),
      'error.type': 'PodDeleted',
    };
    const ids = { traceId, spanId: deriveSpanId(traceId, 'pod', uid), parentSpanId };
    const status = { code: SpanStatusCode.ERROR, message: MESSAGE };
    return [within(span(ids, 'pod deleted', { startMs: from, endMs: to }, { attributes, status }), attempt)];
  });
}
