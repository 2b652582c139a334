import { formatCarrier, parseCarrier, parseForeignCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { newSpanId, newTraceId } from '../../shared/tracing/ids.ts';
import type { RandomBytes } from '../../shared/tracing/ids.ts';
import { isUnseenCopy } from '../../shared/tracing/provenance.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import { pipelineRunSpan } from '../../shared/tracing/run-context.ts';
import { shouldSample } from '../../shared/tracing/sampling.ts';
import type { Sampling } from '../../shared/tracing/sampling.ts';
import {
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

/** What the controller does about a run's context when it sees the run. */
export type ContextDecision =
  | { kind: 'present' }
  /** The owner has none yet: it is minted first, and its arrival brings the child back. */
  | { kind: 'wait' }
  | { kind: 'stamp'; annotations: Record<string, string>; because: 'missing' | 'malformed' | 'copied' | 'foreign' };

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
  owner: PipelineRun | undefined,
  present: SpanCarrier | undefined,
  because: 'missing' | 'malformed' | 'copied',
): ContextDecision {
  const parent = owner && pipelineRunSpan(owner);
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

/**
 * The context of a run that no webhook stamped, or that was copied while none was there. `owner` is the PipelineRun that
 * owns a TaskRun, where one does. A copy links what it was copied from.
 */
export function decideContext(
  run: PipelineRun | TaskRun,
  owner: PipelineRun | undefined,
  isDuplicate: boolean,
  settings: MintSettings,
): ContextDecision {
  const { own, upstream } = names(run);
  const text = run.metadata.annotations?.[own];
  const present = parseCarrier(text);
  const isChild = run.kind === 'TaskRun' && parentOf(run) !== undefined;
  const copied = !isChild && (isDuplicate || isUnseenCopy(run.metadata));
  const because = copied ? 'copied' : text === undefined ? 'missing' : 'malformed';
  if (isChild) return childContext(run, owner, present, because);
  if (present && !copied) return { kind: 'present' };
  const traceId = upstreamTrace(run)?.traceId ?? newTraceId(settings.random);
  const root = {
    traceId,
    spanId: newSpanId(settings.random),
    sampled: shouldSample(settings.sampling, traceId, run.metadata.namespace ?? ''),
  };
  const carrier = formatCarrier(root);
  return {
    kind: 'stamp',
    annotations: {
      [own]: carrier,
      [upstream]: carrier,
      ...(copied && present && { [RERUN_SPAN_CONTEXT]: formatCarrier(present) }),
    },
    because,
  };
}
