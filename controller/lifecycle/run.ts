import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { PipelineRunFacts } from './facts.ts';
import { rootSpan } from './root.ts';
import { skippedSpans } from './skipped.ts';
import { within } from './times.ts';
import { admissionSpan, queuedSpan } from './waits.ts';

/** The spans of a PipelineRun without those of its TaskRuns; its root is last. */
export function buildPipelineRun(facts: PipelineRunFacts): SpanRecord[] {
  const { run, own } = facts;
  const root = rootSpan(run, own, facts);
  const waits = [...admissionSpan(run, own), ...queuedSpan(run, own)].map((one) => within(one, root));
  return [...waits, ...skippedSpans(facts, root), root];
}
