import { formatCarrier, parseCarrier, parseForeignCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { newSpanId, newTraceId } from '../../shared/tracing/ids.ts';
import type { RandomBytes } from '../../shared/tracing/ids.ts';
import { isUnseenCopy } from '../../shared/tracing/provenance.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import { shouldSample } from '../../shared/tracing/sampling.ts';
import type { Sampling } from '../../shared/tracing/sampling.ts';
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
  sampling: Sampling;
  random?: RandomBytes;
}

export interface Owner {
  /** Its own root span; undefined while it has none, or only that of the run it was copied from. */
  context: SpanCarrier | undefined;
}

/** `inherited`: a child PipelineRun had its owner's, as upstream copies annotations. */
export type Reason = 'missing' | 'malformed' | 'copied' | 'foreign' | 'inherited';

/** What the controller does about a run's context when it sees the run. */
export type ContextDecision =
  | { kind: 'present' }
  /** The owner has none yet: it is minted first, and its arrival brings the child back. */
  | { kind: 'wait' }
  | { kind: 'stamp'; annotations: Record<string, string>; because: Reason };

function names(run: PipelineRun | TaskRun): { own: string; upstream: string } {
  return run.kind === 'PipelineRun'
    ? { own: PIPELINE_RUN_SPAN_CONTEXT, upstream: UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT }
    : { own: TASK_RUN_SPAN_CONTEXT, upstream: UPSTREAM_TASK_RUN_SPAN_CONTEXT };
}

/** Upstream's own trace, when it started one before anybody stamped the run: its spans then join ours. */
function upstreamTrace(run: PipelineRun | TaskRun): SpanCarrier | undefined {
  return parseForeignCarrier(JSON.stringify(run.status?.spanContext ?? {}));
}

/** A TaskRun names its owner's span and no other: who writes an owner reference must not bring spans into a third run's trace. */
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
    // Upstream's own value in the same trace is left as it is.
    ...(upstream?.traceId !== parent.traceId && { [UPSTREAM_TASK_RUN_SPAN_CONTEXT]: carrier }),
  };
  return { kind: 'stamp', annotations, because: present ? 'foreign' : because };
}

/** A child PipelineRun that no webhook saw: a span of its own in its owner's trace, whatever it inherited. */
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

/** A root of its own, that links the one it was copied from. */
function rootContext(
  run: PipelineRun | TaskRun,
  original: SpanCarrier | undefined,
  because: Reason,
  { sampling, random }: MintSettings,
): ContextDecision {
  const { own, upstream } = names(run);
  const traceId = upstreamTrace(run)?.traceId ?? newTraceId(random);
  const sampled = shouldSample(sampling, traceId, run.metadata.namespace ?? '');
  const carrier = formatCarrier({ traceId, spanId: newSpanId(random), sampled });
  const link: Record<string, string> = original ? { [RERUN_SPAN_CONTEXT]: formatCarrier(original) } : {};
  return { kind: 'stamp', annotations: { [own]: carrier, [upstream]: carrier, ...link }, because };
}

/**
 * The context of a run that no webhook stamped, or that was copied while none was there. `owner` is the PipelineRun that
 * owns it, where one does. A copy links what it was copied from.
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
