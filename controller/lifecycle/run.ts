import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { customInterval, customSpan, isOver } from './custom.ts';
import type { KnownCustomRun } from './custom.ts';
import type { PipelineRunFacts } from './facts.ts';
import type { Run } from './ledger.ts';
import { resolveSpans } from './resolve.ts';
import { rootSpan } from './root.ts';
import { skippedSpans } from './skipped.ts';
import { createdMs } from './span.ts';
import { within } from './times.ts';
import { waitSpans } from './waits.ts';

/**
 * The spans that are sent before the run's end, so that a running run is found in Jaeger. They do not change any more. A custom task whose end is after
 * `nowMs`, by another clock, waits for the run's end: its span may have to be cut to it.
 */
export function earlySpans(
  facts: Pick<PipelineRunFacts, 'own' | 'wasPending' | 'customRuns' | 'resolutions'> & { run: Run; nowMs: number },
): SpanRecord[] {
  const { run, own } = facts;
  const root = { ...own, startMs: createdMs(run), endMs: Infinity };
  const hasPassed = (known: KnownCustomRun): boolean => (customInterval(known)?.endMs ?? Infinity) <= facts.nowMs;
  const customRuns = run.kind === 'PipelineRun' ? (facts.customRuns ?? []) : [];
  const ended = customRuns.filter((known) => isOver(known) && hasPassed(known));
  return [
    ...waitSpans(facts, undefined),
    ...resolveSpans(facts.resolutions ?? [], root),
    ...ended.map((known) => customSpan(known, run, root)),
  ];
}

/** The spans of a PipelineRun without those of its TaskRuns; its root is last. */
export function pipelineRunSpans(facts: PipelineRunFacts): SpanRecord[] {
  const { run, own } = facts;
  const root = rootSpan(run, own, facts);
  const waits = waitSpans(facts, root.endMs).map((one) => within(one, root));
  const resolutions = resolveSpans(facts.resolutions ?? [], root);
  const customs = (facts.customRuns ?? []).map((known) => customSpan(known, run, root));
  return [...waits, ...resolutions, ...customs, ...skippedSpans(facts, root), root];
}
