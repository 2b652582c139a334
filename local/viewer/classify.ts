import { senderOf } from '../../shared/otlp/sender.ts';
import { attribute, type LocatedSpan } from '../../shared/otlp/spans.ts';
import { STATUS_CODE } from '../../shared/otlp/types.ts';
import { LIFECYCLE_SERVICE, PIPELINE_RUN_SERVICE, TASK_RUN_SERVICE } from '../../shared/tracing/resource.ts';
import { exitCodeText } from './exit-code.ts';

/** The kind of a span for the viewer. */
export type Category =
  'run' | 'task' | 'attempt' | 'step' | 'init' | 'sidecar' | 'wait' | 'custom' | 'controller' | 'other' | 'placeholder';

/** The results of docs/trace.md, `running` before the end, `none` for a span without a result. */
export type Result = 'success' | 'failure' | 'timeout' | 'cancellation' | 'error' | 'skip' | 'running' | 'none';

const CONTROLLER_SERVICES = new Set([PIPELINE_RUN_SERVICE, TASK_RUN_SERVICE]);
const RESULTS = new Set<string>(['success', 'failure', 'timeout', 'cancellation', 'error', 'skip'] satisfies Result[]);

const lifecycleNames: [RegExp, Category][] = [
  [/^RUN /, 'run'],
  [/^task /, 'task'],
  [/^attempt /, 'attempt'],
  [/^step /, 'step'],
  [/^init /, 'init'],
  [/^sidecar /, 'sidecar'],
  [/^custom /, 'custom'],
  [
    /^(queued|pending|admission|pod scheduling|pod starting|pod deleted|pod sandbox)$|^(image pull|resolve|volume mount|readiness) /,
    'wait',
  ],
];

/** A step's span is always `other`, whatever service and name it claims. */
export function categoryOf(located: LocatedSpan): Category {
  const { span, serviceName } = located;
  if (senderOf(located)) return 'other';
  if (CONTROLLER_SERVICES.has(serviceName)) return 'controller';
  if (serviceName !== LIFECYCLE_SERVICE) return 'other';
  return lifecycleNames.find(([pattern]) => pattern.test(span.name))?.[1] ?? 'other';
}

/** The span's result attribute, else the result from its status and exit code. */
export function resultOf({ span }: LocatedSpan): Result {
  const stated =
    attribute(span.attributes, 'cicd.pipeline.result') ?? attribute(span.attributes, 'cicd.pipeline.task.run.result');
  if (stated !== undefined && RESULTS.has(stated)) return stated as Result;
  const exitCode = attribute(span.attributes, 'process.exit.code');
  if (span.status.code === STATUS_CODE.error) {
    const timedOut = /timeout|timedout|deadline/i.test(attribute(span.attributes, 'error.type') ?? '');
    if (timedOut) return 'timeout';
    return exitCode !== undefined && exitCode !== '0' ? 'failure' : 'error';
  }
  return exitCode === '0' || span.status.code === STATUS_CODE.ok ? 'success' : 'none';
}

const WENT_WRONG = new Set<Result>(['failure', 'error', 'timeout', 'cancellation']);

/** Whether a result is none that was wanted. A cancellation is one of these. */
export const wentWrong = (result: Result): boolean => WENT_WRONG.has(result);

/** Results of what was stopped: its exit code is not its own, the controller wrote it. */
export const STOPPED: readonly Result[] = ['timeout', 'cancellation'];

/** The cause of a span's failure in one line; undefined without one (a stopped sidecar has an exit code, but did not fail). */
export function problemOf(located: LocatedSpan): string | undefined {
  const { span } = located;
  const result = resultOf(located);
  if (!wentWrong(result)) return undefined;
  const exitCode = attribute(span.attributes, 'process.exit.code');
  const status = attribute(span.attributes, 'http.response.status_code');
  const reason = attribute(span.attributes, 'error.type');
  const hasCode = exitCode !== undefined && exitCode !== '0' && !STOPPED.includes(result);
  const { message } = span.status;
  const parts = [
    hasCode ? exitCodeText(Number(exitCode)) : undefined,
    // A kubelet's word for any other exit code than 0.
    hasCode && reason === 'Error' ? undefined : reason,
    status !== undefined && Number(status) >= 400 ? `HTTP ${status}` : undefined,
    span.status.code === STATUS_CODE.error && message !== `exit code ${exitCode}` ? message : undefined,
  ].filter((part) => part !== undefined && part !== '' && part !== exitCode);
  return [...new Set(parts)].join(': ') || result;
}
