import { SpanStatusCode } from '@opentelemetry/api';

import { isDone, isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { ResolutionRequest } from '../../shared/tekton/types.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { Above } from './custom.ts';
import { spanMessage } from './result.ts';
import { span } from './span.ts';
import { epochMs, within } from './times.ts';

const LABEL_RESOLVER = 'resolution.tekton.dev/type';

/** What was asked for: its name, or its path in a repository; else the resolver alone. */
function referenceOf({ spec, metadata }: ResolutionRequest): string {
  const named = spec?.params?.find(({ value }) => typeof value === 'string' && value !== '')?.value;
  return typeof named === 'string' ? named : (metadata.labels?.[LABEL_RESOLVER] ?? '');
}

function resolveSpan(request: ResolutionRequest, above: Above): SpanRecord[] {
  const { uid = '', namespace = '', labels, creationTimestamp } = request.metadata;
  const condition = succeededCondition(request);
  const from = epochMs(creationTimestamp);
  const to = epochMs(condition?.lastTransitionTime);
  if (!isDone(request) || from === undefined || to === undefined) return [];
  const { traceId, spanId: parentSpanId } = above;
  const ids = { traceId, spanId: deriveSpanId(traceId, 'resolve', above.spanId, uid), parentSpanId };
  const failed = !isSuccessful(request);
  const resolver = labels?.[LABEL_RESOLVER];
  const attributes = {
    ...(resolver !== undefined && { 'tektrace.resolver': resolver }),
    'k8s.namespace.name': namespace,
    ...(failed && { 'error.type': condition?.reason ?? 'ResolutionFailed' }),
  };
  const { message } = condition ?? {};
  const status = failed
    ? { code: SpanStatusCode.ERROR, ...(message !== undefined && { message: spanMessage(message) }) }
    : { code: SpanStatusCode.UNSET };
  const built = span(ids, `resolve ${referenceOf(request)}`.trimEnd(), { startMs: from, endMs: to }, { attributes, status }); // prettier-ignore
  return [within(built, above)];
}

/** The answered requests of a run to resolvers, each from its creation to its answer. */
export function resolveSpans(requests: readonly ResolutionRequest[], above: Above): SpanRecord[] {
  return requests.flatMap((request) => resolveSpan(request, above));
}
