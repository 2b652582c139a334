import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';

import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { inboundParent } from '../../shared/tracing/run-context.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import type { SpanLink, SpanRecord } from '../../shared/tracing/span-record.ts';
import { RERUN_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import { startMs } from './times.ts';

/** A span below `parentSpanId`, INTERNAL and Unset unless said otherwise. */
export function span(
  ids: { traceId: string; spanId: string; parentSpanId?: string },
  name: string,
  interval: { startMs: number; endMs: number },
  rest: Partial<SpanRecord> = {},
): SpanRecord {
  return {
    ...ids,
    name,
    kind: SpanKind.INTERNAL,
    startMs: interval.startMs,
    endMs: Math.max(interval.startMs, interval.endMs),
    attributes: {},
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
    ...rest,
  };
}

/** When an object came to be: the webhook's time in milliseconds where it saw the object, else the API server's whole second. */
export function createdMs(object: KubeObject): number {
  return trustedAdmissionTime(object.metadata)?.receivedMs ?? startMs(object.metadata.creationTimestamp) ?? 0;
}

/**
 * What stands above a root: a parent in the same trace is joined, one in another trace linked; a copy links what it was copied from. A child PipelineRun
 * inherits the annotation of what its owner was copied from.
 */
export function ancestry(run: KubeObject, own: SpanCarrier): { parentSpanId?: string; links: SpanLink[] } {
  const rerunOf = parseCarrier(run.metadata.annotations?.[RERUN_SPAN_CONTEXT]);
  const parent = inboundParent(run);
  const links: SpanLink[] = [];
  if (rerunOf && !parentOf(run)) links.push({ context: rerunOf, attributes: { 'tektrace.link': 'rerun of' } });
  if (parent?.traceId === own.traceId) return { parentSpanId: parent.spanId, links };
  if (parent) links.push({ context: parent, attributes: { 'tektrace.link': 'inbound' } });
  return { links };
}

/** The attributes that tell which run a span is of: semantic conventions, and upstream's short names. */
export function runAttributes(object: KubeObject): Attributes {
  const { namespace = '', name = '' } = object.metadata;
  const key = object.kind === 'PipelineRun' ? 'pipelinerun' : 'taskrun';
  return { 'k8s.namespace.name': namespace, namespace, [key]: name };
}
