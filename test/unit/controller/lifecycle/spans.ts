import { expect } from '@jest/globals';

import type { PipelineRunFacts, TaskRunFacts } from '../../../../controller/lifecycle/facts.ts';
import { runInterval } from '../../../../controller/lifecycle/run-interval.ts';
import { pipelineRunSpans as buildRun } from '../../../../controller/lifecycle/run.ts';
import { taskRunSpans as buildTask } from '../../../../controller/lifecycle/task.ts';
import { runSpan } from '../../../../shared/tracing/run-context.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';

/** The spans of a run whose own span is the one that its annotation names. */
export const pipelineRunSpans = (facts: Omit<PipelineRunFacts, 'own' | 'below'>): SpanRecord[] =>
  buildRun({
    ...facts,
    own: runSpan(facts.run)!,
    below: facts.children.map((child) => runInterval(child, undefined)),
  });
export const taskRunSpans = (facts: Omit<TaskRunFacts, 'own'>): SpanRecord[] =>
  buildTask({ ...facts, own: runSpan(facts.taskRun)! });

export const names = (spans: SpanRecord[]): string[] => spans.map((span) => span.name);

/** The one span of that name. */
export function named(spans: SpanRecord[], name: string): SpanRecord {
  const found = spans.filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** What holds for every tree: no id twice, no span outside its parent's time, one span without a parent in the list. */
export function expectWellFormed(spans: SpanRecord[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
  for (const span of spans) {
    expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
    const parent = byId.get(span.parentSpanId ?? '');
    if (!parent) continue;
    expect([span.name, span.startMs >= parent.startMs, span.endMs <= parent.endMs]).toEqual([span.name, true, true]);
  }
  expect(spans.filter((span) => !byId.has(span.parentSpanId ?? ''))).toHaveLength(1);
}
