import { formatCarrier, parseCarrier, parseForeignCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { newSpanId, newTraceId } from '../../shared/tracing/ids.ts';
import type { RandomBytes } from '../../shared/tracing/ids.ts';
import { isUnseenCopy } from '../../shared/tracing/provenance.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import {
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  RERUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
} from '../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

export interface MintSettings {
  /** The sampling decision for a trace that begins here. */
  isSampled: (traceId: string, namespace: string) => boolean;
  random?: RandomBytes;
}

export interface Owner {
  /** Its own root span; undefined if it has none, or only that of its original. */
  context: SpanCarrier | undefined;
}

/** Why a context is written. `inherited`: a child PipelineRun had its owner's context, because upstream copies annotations. */
export type Reason = 'missing' | 'malformed' | 'copied' | 'foreign' | 'inherited';

/** The decision about a run's context. */
export type ContextDecision =
  | { kind: 'present' }
  /** The owner has no context yet. It gets one first, and its arrival requeues the child. */
  | { kind: 'wait' }
  | { kind: 'stamp'; annotations: Record<string, string>; because: Reason };

function names(run: PipelineRun | TaskRun): { own: string; upstream: string } {
  return run.kind === 'PipelineRun'
    ? { own: PIPELINE_RUN_SPAN_CONTEXT, upstream: UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT }
    : { own: TASK_RUN_SPAN_CONTEXT, upstream: UPSTREAM_TASK_RUN_SPAN_CONTEXT };
}

/** Upstream's trace, if upstream started one before the run had a context: our spans then join it. */
function upstreamTrace(run: PipelineRun | TaskRun): SpanCarrier | undefined {
  return parseForeignCarrier(JSON.stringify(run.status?.spanContext ?? {}));
}

/** The context of a TaskRun: always its owner's span, so that an owner reference can't put spans into a third run's trace. */
function childContext(
  run: TaskRun,
  parent: SpanCarrier | undefined,
  present: SpanCarrier | undefined,
  because: 'missing' | 'malformed' | 'copied',
): ContextDecision {
  if (!parent) return present ? { kind: 'present' } : { kind: 'wait' };
  if (present?.traceId === parent.traceId && present.spanId === parent.spanId) return { kind: 'present' };
  const carrier = formatCarrier(parent);
  const upstream = parseCarrier(run.metadata.annotations?.[UPSTREAM_TASK_RUN_SPAN_CONTEXT]);
  const annotations = {
    [TASK_RUN_SPAN_CONTEXT]: carrier,
    // Upstream's value in the same trace is not changed.
    ...(upstream?.traceId !== parent.traceId && { [UPSTREAM_TASK_RUN_SPAN_CONTEXT]: carrier }),
  };
  return { kind: 'stamp', annotations, because: present ? 'foreign' : because };
}

/** The context of a child PipelineRun that bypassed the webhook: its own span in its owner's trace, whatever it inherited. */
function childRunContext(
  parent: SpanCarrier,
  inherited: SpanCarrier | undefined,
  { random }: MintSettings,
): ContextDecision {
  const carrier = formatCarrier({ ...parent, spanId: newSpanId(random) });
  return {
    kind: 'stamp',
    annotations: {
      [PIPELINE_RUN_SPAN_CONTEXT]: carrier,
      [UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT]: carrier,
      [PARENT_SPAN_CONTEXT]: formatCarrier(parent),
    },
    because: inherited ? 'inherited' : 'missing',
  };
}

/** The context of a copy: its own root, with a link to its original. */
function rootContext(
  run: PipelineRun | TaskRun,
  original: SpanCarrier | undefined,
  because: Reason,
  { isSampled, random }: MintSettings,
): ContextDecision {
  const { own, upstream } = names(run);
  const traceId = upstreamTrace(run)?.traceId ?? newTraceId(random);
  const sampled = isSampled(traceId, run.metadata.namespace ?? '');
  const carrier = formatCarrier({ traceId, spanId: newSpanId(random), sampled });
  const link: Record<string, string> = original ? { [RERUN_SPAN_CONTEXT]: formatCarrier(original) } : {};
  return { kind: 'stamp', annotations: { [own]: carrier, [upstream]: carrier, ...link }, because };
}

/**
 * Decides the context of a run that bypassed the webhook, or that was copied meanwhile. `owner` is the PipelineRun that owns it, if there is one. A
 * copy gets a link to its original.
 */
export function decideContext(
  run: PipelineRun | TaskRun,
  owner: Owner | undefined,
  isDuplicate: boolean,
  settings: MintSettings,
): ContextDecision {
  const text = run.metadata.annotations?.[names(run).own];
  const present = parseCarrier(text);
  const isChild = run.kind === 'TaskRun' && parentOf(run) !== undefined;
  const copied = !isChild && (isDuplicate || isUnseenCopy(run.metadata));
  const because = copied ? 'copied' : text === undefined ? 'missing' : 'malformed';
  if (isChild) return childContext(run, owner?.context, present, because);
  if (owner && (!present || copied || present.spanId === owner.context?.spanId))
    return owner.context ? childRunContext(owner.context, present, settings) : { kind: 'wait' };
  if (present && !copied) return { kind: 'present' };
  return rootContext(run, copied ? present : undefined, because, settings);
}
