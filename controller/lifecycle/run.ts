import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { customSpan, isOver } from './custom.ts';
import type { PipelineRunFacts } from './facts.ts';
import type { Run } from './ledger.ts';
import { resolveSpans } from './resolve.ts';
import { rootSpan } from './root.ts';
import { skippedSpans } from './skipped.ts';
import { createdMs } from './span.ts';
import { within } from './times.ts';
import { waitSpans } from './waits.ts';

/** The spans that are sent before the run's end, so that a running run is found in Jaeger. They do not change any more. */
export function earlySpans(
  facts: Pick<PipelineRunFacts, 'own' | 'wasPending' | 'customRuns' | 'resolutions'> & { run: Run },
): SpanRecord[] {
  const { run, own } = facts;
  const root = { ...own, startMs: createdMs(run), endMs: Infinity };
  const ended = run.kind === 'PipelineRun' ? (facts.customRuns ?? []).filter(isOver) : [];
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
