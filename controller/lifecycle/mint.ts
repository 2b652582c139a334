import { formatCarrier, parseCarrier, parseForeignCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import type { AnnotationChanges } from '../../shared/kubernetes/patch.ts';
import { newSpanId, newTraceId } from '../../shared/tracing/ids.ts';
import type { RandomBytes } from '../../shared/tracing/ids.ts';
import { suppliedParent } from '../../shared/tracing/inbound.ts';
import { isClaimed, traceParentOf, trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import {
  ADMISSION_TIME,
  carrierNames,
  PARENT_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
  TRACE_URL,
} from '../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

export interface MintSettings {
  /** The sampling decision for a new trace. */
  isSampled: (traceId: string, namespace: string) => boolean;
  /** The URL of a trace, for the annotation `tekton/trace-url`. */
  traceUrl?: ((traceId: string) => string) | undefined;
  random?: RandomBytes;
}

/** What is known of a run besides the object. */
export interface RunFacts {
  /** The trace that upstream has started for it by itself. */
  started?: string | undefined;
  /** The owner's root span, once it has one. */
  span?: SpanCarrier | undefined;
  /** The owner is in another namespace, where no owner can be. */
  isElsewhere?: boolean;
}

/** What the controller does about a run's context when it sees the run. */
export type ContextDecision =
  | { kind: 'present' }
  /** The owner has no context yet. It gets one first, and its arrival requeues the child. */
  | { kind: 'wait' }
  | { kind: 'stamp'; annotations: AnnotationChanges; because: Because };

type Because = 'missing' | 'malformed' | 'copied' | 'changed' | 'foreign' | 'inherited';

/** A TaskRun names its owner's span and no other: who writes an owner reference must not bring spans into a third run's trace. */
function childTask({ metadata }: TaskRun, parent: SpanCarrier, present: SpanCarrier | undefined): ContextDecision {
  if (present?.traceId === parent.traceId && present.spanId === parent.spanId) return { kind: 'present' };
  const { own, upstream } = carrierNames('TaskRun');
  const carrier = formatCarrier(parent);
  const upstreams = parseForeignCarrier(metadata.annotations?.[upstream]);
  const annotations = {
    [own]: carrier,
    // Upstream's own value in the same trace is left as it is.
    ...(upstreams?.traceId !== parent.traceId && { [upstream]: carrier }),
  };
  return { kind: 'stamp', annotations, because: present ? 'foreign' : 'missing' };
}

/** Removals only of what is there. */
function needed({ metadata }: PipelineRun | TaskRun, changes: AnnotationChanges): AnnotationChanges {
  const isNeeded = ([key, value]: [string, string | null]): boolean =>
    value !== null || metadata.annotations?.[key] !== undefined;
  return Object.fromEntries(Object.entries(changes).filter(isNeeded));
}

/** The link to the trace; without that setting none, not even a copied one. */
const traceLink = ({ traceUrl }: MintSettings, traceId: string): AnnotationChanges => ({
  [TRACE_URL]: traceUrl?.(traceId) ?? null,
});

/** To be removed: annotations that are valid for one run alone, and that a copy takes over from its original, a child from its owner. */
const COPIED = { [ADMISSION_TIME]: null, [TRACE_EXPORTED]: null, [RERUN_SPAN_CONTEXT]: null };

/**
 * A child PipelineRun has a span of its own in its owner's trace. Upstream copies the owner's annotations to it, so it comes with the context that its
 * owner has, or had before: that is replaced.
 */
function childRun(
  run: PipelineRun,
  parent: SpanCarrier,
  accepted: SpanCarrier | undefined,
  settings: MintSettings,
): ContextDecision {
  if (accepted && accepted.spanId !== parent.spanId) return { kind: 'present' };
  const { own, upstream } = carrierNames(run.kind);
  const carrier = formatCarrier({ ...parent, spanId: newSpanId(settings.random) });
  const context = {
    ...{ [own]: carrier, [upstream]: carrier, [PARENT_SPAN_CONTEXT]: formatCarrier(parent) },
    ...traceLink(settings, parent.traceId),
  };
  const because = run.metadata.annotations?.[own] === undefined ? 'missing' : 'inherited';
  return { kind: 'stamp', annotations: needed(run, { ...COPIED, ...context }), because };
}

/** A new root. Who created the run is not known here, so an inbound parent is a link, and what the run claims as its context a `rerun of` link. */
function newRoot(
  run: PipelineRun | TaskRun,
  claimed: SpanCarrier | undefined,
  { started }: RunFacts,
  settings: MintSettings,
): AnnotationChanges {
  const { own, upstream } = carrierNames(run.kind);
  const traceId = started ?? newTraceId(settings.random);
  const sampled = settings.isSampled(traceId, run.metadata.namespace ?? '');
  const carrier = formatCarrier({ traceId, spanId: newSpanId(settings.random), sampled });
  const parent = claimed ? undefined : suppliedParent(run);
  return {
    ...(claimed && COPIED),
    [own]: carrier,
    [upstream]: carrier,
    [PARENT_SPAN_CONTEXT]: parent && parent.traceId !== traceId ? formatCarrier(parent) : null,
    [RERUN_SPAN_CONTEXT]: claimed ? formatCarrier(claimed) : null,
    ...traceLink(settings, traceId),
  };
}

function rootContext(run: PipelineRun | TaskRun, facts: RunFacts, settings: MintSettings): ContextDecision {
  const { own, upstream } = carrierNames(run.kind);
  const { annotations = {} } = run.metadata;
  const present = parseCarrier(annotations[own]);
  const isOurs = !isClaimed(run.metadata, own);
  if (present && isOurs) return { kind: 'present' };
  // The webhook gave both names the same value: where a client changed one of them, the other still has it.
  const isTrusted = trustedAdmissionTime(run.metadata) !== undefined && !isClaimed(run.metadata, upstream);
  const restorable = isTrusted ? parseCarrier(annotations[upstream]) : undefined;
  if (restorable) return { kind: 'stamp', annotations: { [own]: formatCarrier(restorable) }, because: 'changed' };
  const because = annotations[own] === undefined ? 'missing' : present ? 'copied' : 'malformed';
  return { kind: 'stamp', annotations: needed(run, newRoot(run, present, facts, settings)), because };
}

/**
 * What to do about any run's context: keep it, wait for the owner's, or write a new one. Only a context that the webhook or the controller has written
 * counts (docs/security.md).
 */
export function decideContext(run: PipelineRun | TaskRun, facts: RunFacts, settings: MintSettings): ContextDecision {
  const parent = traceParentOf(run);
  if (!parent) return rootContext(run, facts, settings);
  const { own } = carrierNames(run.kind);
  const present = parseCarrier(run.metadata.annotations?.[own]);
  const accepted = isClaimed(run.metadata, own) ? undefined : present;
  if (facts.isElsewhere) {
    const annotations = {
      ...newRoot(run, accepted ? undefined : present, facts, settings),
      [REFUSED_OWNER]: parent.uid,
    };
    return { kind: 'stamp', annotations: needed(run, annotations), because: 'foreign' };
  }
  if (!facts.span) return accepted ? { kind: 'present' } : { kind: 'wait' };
  return run.kind === 'TaskRun' ? childTask(run, facts.span, present) : childRun(run, facts.span, accepted, settings);
}
