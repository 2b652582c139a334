import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';

import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { inboundParent } from '../../shared/tracing/run-context.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { isClaimed, traceParentOf, trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import type { SpanLink, SpanRecord } from '../../shared/tracing/span-record.ts';
import { PARENT_SPAN_CONTEXT, RERUN_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { epochMs } from './times.ts';
import { upstreamSpan } from './upstream-trace.ts';

/** A span below `parentSpanId`. Default kind INTERNAL, default status Unset. */
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

/** When an object was created, in milliseconds since the epoch: the webhook's time, else the API server's whole second. */
export function createdMs(object: KubeObject): number {
  return trustedAdmissionTime(object.metadata)?.receivedMs ?? epochMs(object.metadata.creationTimestamp) ?? 0;
}

/** A link to upstream's reconciles of the run, where they are in another trace than `traceIds`. */
export function reconcilesLink(run: PipelineRun | TaskRun, ...traceIds: string[]): SpanLink[] {
  const context = upstreamSpan(run);
  if (!context || traceIds.includes(context.traceId)) return [];
  return [{ context, attributes: { 'tektrace.link': 'reconciles' } }];
}

/**
 * The parent and links of a root. An inbound parent in the same trace is the parent, unless a client wrote it and nobody checked it; one in another
 * trace becomes a link. A copy has a link to its original. A child PipelineRun inherits the annotation with its owner's original, so it gets no link.
 * Where upstream's reconciles of the run are in another trace, there is a link to it.
 */
export function ancestry(run: PipelineRun | TaskRun, own: SpanCarrier): { parentSpanId?: string; links: SpanLink[] } {
  const rerunOf = parseCarrier(run.metadata.annotations?.[RERUN_SPAN_CONTEXT]);
  const parent = inboundParent(run);
  const links: SpanLink[] = [];
  if (rerunOf && !traceParentOf(run)) links.push({ context: rerunOf, attributes: { 'tektrace.link': 'rerun of' } });
  if (parent && parent.traceId !== own.traceId)
    links.push({ context: parent, attributes: { 'tektrace.link': 'inbound' } });
  links.push(...reconcilesLink(run, own.traceId, ...links.map(({ context }) => context.traceId)));
  const isJoined = parent?.traceId === own.traceId && !isClaimed(run.metadata, PARENT_SPAN_CONTEXT);
  return { ...(isJoined && { parentSpanId: parent.spanId }), links };
}

/** The attributes that identify a span's run: of semantic conventions, and upstream's short names. */
export function runAttributes(object: KubeObject): Attributes {
  const { namespace = '', name = '' } = object.metadata;
  const key = object.kind === 'PipelineRun' ? 'pipelinerun' : 'taskrun';
  return { 'k8s.namespace.name': namespace, namespace, [key]: name };
}
