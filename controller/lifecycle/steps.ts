import type { Attributes } from '@opentelemetry/api';

import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { StepState, TaskRunStatus } from '../../shared/tekton/types.ts';
import type { Attempt } from './attempt.ts';
import { nodeOffsetMs } from './node-clock.ts';
import { statusOf } from './result.ts';
import { span } from './span.ts';
import { stepsNeedPod } from './step-fate.ts';
import { stepOutcome } from './step-outcome.ts';
import type { TimedStep } from './step-times.ts';
import { within } from './times.ts';

function imageAttributes(status: TaskRunStatus, step: StepState): Attributes {
  const image = status.taskSpec?.steps?.find((spec) => spec.name !== undefined && spec.name === step.name)?.image;
  return {
    ...(image !== undefined && { 'container.image.name': image }),
    ...(step.imageID && { 'container.image.id': step.imageID }),
  };
}

function stepSpan(timed: TimedStep, attempt: Attempt): SpanRecord {
  const { step, fate, interval } = timed;
  const { container = '', terminated } = step;
  const outcome = stepOutcome(timed, attempt);
  const { traceId, parentSpanId, taskRunUid, number } = attempt;
  const ids = { traceId, spanId: deriveSpanId(traceId, 'step', taskRunUid, number, container), parentSpanId };
  const built = span(ids, `step ${step.name ?? container}`, interval, {
    attributes: {
      'k8s.container.name': container,
      'cicd.pipeline.task.run.result': outcome.result,
      ...(terminated && outcome.result !== 'skip' && { 'process.exit.code': terminated.exitCode }),
      ...(outcome.errorType !== undefined && { 'error.type': outcome.errorType }),
      // Its end was not observed.
      ...(fate === 'lost' && { 'tektrace.derived': true }),
      ...imageAttributes(attempt.status, step),
    },
    status: statusOf(outcome),
  });
  return within(built, attempt);
}

/** One span for each step, in their order. The first one has the offset of the node's clock in an attribute, if the Pod's spans do not have it. */
export function stepSpans(steps: readonly TimedStep[], attempt: Attempt): SpanRecord[] {
  const offsetMs = stepsNeedPod(attempt.status, attempt.createdMs) ? 0 : nodeOffsetMs(attempt);
  return steps.map((step, index) => {
    const built = stepSpan(step, attempt);
    if (index > 0 || offsetMs === 0) return built;
    return { ...built, attributes: { ...built.attributes, 'tektrace.clock_skew_ms': offsetMs } };
  });
}
