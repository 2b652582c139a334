import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, SpanStatus } from '@opentelemetry/api';

import { redactedUpTo } from '../../shared/runtime/redact.ts';
import { completionOf, isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import { resultOfReason, type RunResult } from '../../shared/tekton/run-result.ts';
import type { CustomRun, PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { epochMs } from './times.ts';

type Run = PipelineRun | TaskRun | CustomRun;

export type Result = RunResult;

export interface Outcome {
  result: Result;
  /** Tekton's reason, or `deleted`; absent on success. */
  errorType?: string;
  message?: string;
}

const MAX_MESSAGE_CHARS = 1024;

/** A message of Tekton, the kubelet or a resolver as a span has it: cut, and without credentials that it quotes, as a URL's. */
export const spanMessage = (message: string): string => redactedUpTo(message, MAX_MESSAGE_CHARS);

const BAD: readonly string[] = ['failure', 'error', 'timeout'] satisfies Result[];

/** Whether a result is an error in its span, in metrics, and for `--no-keep-failures`. */
export const isBad = (result: string): boolean => BAD.includes(result);

/** A PipelineRun's reason if a task did not succeed. It does not show how the task ended. */
const SOME_TASK_FAILED = 'Failed';

/** Whether `onError: continue` applies: such a failure does not fail the run. */
const isIgnored = (run: Run): boolean => succeededCondition(run)?.reason === 'FailureIgnored';

/** The reason of the child that failed first and so failed its run; undefined if there is none. */
function firstFailure(children: readonly Run[]): string | undefined {
  const endedMs = (run: Run): number => epochMs(completionOf(run)) ?? Infinity;
  const failed = children.filter((one) => isDone(one) && isBad(outcomeOf(one).result) && !isIgnored(one));
  const name = ({ metadata }: Run): string => metadata.name ?? '';
  const [first] = failed.sort((a, b) => endedMs(a) - endedMs(b) || (name(a) < name(b) ? -1 : 1));
  return first && outcomeOf(first).errorType;
}

/**
 * The outcome of a run from its condition. A run without a final condition was deleted. If a PipelineRun's reason is only that a task failed, its outcome
 * has the reason of the first failed one of its `children`.
 */
export function outcomeOf(run: Run, children: readonly Run[] = []): Outcome {
  const condition = succeededCondition(run);
  if (condition?.status === 'True') return { result: 'success' };
  if (condition?.status !== 'False')
    return { result: 'cancellation', errorType: 'deleted', message: 'deleted before it was done' };
  const reason = condition.reason ?? 'Failed';
  const cause = run.kind === 'PipelineRun' && reason === SOME_TASK_FAILED ? firstFailure(children) : undefined;
  return { result: resultOfReason(reason), errorType: cause ?? reason, message: condition.message };
}

/** The span status: Error for failure, error and timeout. A cancellation is no error and stays Unset. */
export function statusOf(outcome: Outcome): SpanStatus {
  if (!isBad(outcome.result)) return { code: SpanStatusCode.UNSET };
  const { message } = outcome;
  return { code: SpanStatusCode.ERROR, ...(message !== undefined && { message: spanMessage(message) }) };
}

/** `error.type`, unless the run succeeded. */
export function errorAttributes(outcome: Outcome): Attributes {
  return outcome.errorType === undefined ? {} : { 'error.type': outcome.errorType };
}
