import type { RunSummary } from '../../local/viewer/summary/types.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { LABEL_PIPELINE_RUN } from '../../shared/tekton/annotations.ts';
import { isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import { stepContainerName } from '../../shared/tekton/containers.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { withAdvice } from '../errors.ts';
import type { Terminal } from '../text/terminal.ts';
import { printable } from '../waterfall/display-width.ts';
import { wrap } from '../text/wrap.ts';
import { failuresOf } from './failures.ts';
import type { Failure } from './failures.ts';
import type { Run } from './follow-run.ts';
import { readLastLines } from './last-lines.ts';
import type { LastLines } from './last-lines.ts';
import { sidecarLogLines } from './sidecar-logs.ts';
import type { ClusterAccess } from './sidecar-logs.ts';

/** Failures that are printed: a run may have hundreds of tasks, and all may fail. */
const MAX_FAILURES = 20;
/** Failures that are printed with their last lines. */
export const MAX_QUOTED = 3;

/** The run's TaskRuns. None if the request fails: the end is printed all the same. */
async function taskRunsOf(client: KubeClient, run: Run, signal: AbortSignal): Promise<TaskRun[]> {
  if (run.kind !== 'PipelineRun') return [run];
  const { namespace, name = '', uid } = run.metadata;
  try {
    const { items } = await client.request<{ items: TaskRun[] }>('GET', resourcePath(TASK_RUNS, { namespace }), {
      query: { labelSelector: `${LABEL_PIPELINE_RUN}=${name}` },
      signal,
    });
    return items.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? true);
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}

export interface EndContext {
  client: KubeClient;
  terminal: Terminal;
  lastLines: LastLines;
  /** What cancelled the run in this process, if anything did. */
  cancelledBy: string | undefined;
  logs: ClusterAccess;
  signal: AbortSignal;
}

/** Names and messages are user input, so control sequences are removed. */
function line({ task, step, cause }: Failure, { style: { arrow } }: Terminal): string {
  const where = [task, step].filter((part) => part !== undefined).map(printable);
  return `  ${[...(where.length > 0 ? [where.join(` ${arrow} `)] : []), printable(withAdvice(cause))].join('  ')}`;
}

/** How a run ended, ready to be printed below its trace. */
export interface RunEnd {
  isGood: boolean;
  /** `Failed  default/build-x7k2p` */
  heading: string;
  /** The failed tasks and steps with their reasons, and the last lines of the first few (steps or sidecars). */
  failures: { text: string; lastLines: string[] }[];
  /** Failures that are left out. */
  more: number;
  /** How to read what was not printed. */
  hints: string[];
}

/** Reads how the run ended, as long as its Pods are there. */
export async function readEnd(
  run: Run,
  { client, terminal, lastLines, cancelledBy, logs, signal }: EndContext,
): Promise<RunEnd> {
  const isGood = isSuccessful(run);
  const reason = isGood ? 'Succeeded' : printable(succeededCondition(run)?.reason ?? 'Failed');
  const taskRuns = await taskRunsOf(client, run, signal);
  // The heading says of a run that somebody else cancelled that it was.
  const failures = failuresOf(run, taskRuns, cancelledBy).filter(
    ({ task, step, cause }) => task !== undefined || step !== undefined || cause.toLowerCase() !== reason.toLowerCase(),
  );
  const shown = failures.slice(0, MAX_FAILURES);
  const quoted = shown
    .filter(({ step, container }) => step !== undefined || container !== undefined)
    .slice(0, MAX_QUOTED);
  const lastOf = async (failure: Failure): Promise<string[]> => {
    if (!quoted.includes(failure)) return [];
    const { pod = '', step = '', container } = failure;
    const printed = container === undefined ? lastLines.of(pod, step) : [];
    const place = { namespace: run.metadata.namespace ?? '', pod, container: container ?? stepContainerName(step, 0) };
    return printed.length > 0 ? printed : readLastLines(client, place, signal);
  };
  return {
    isGood,
    heading: `${reason}  ${run.metadata.namespace}/${run.metadata.name}`,
    failures: await Promise.all(
      shown.map(async (failure) => ({ text: line(failure, terminal), lastLines: await lastOf(failure) })),
    ),
    more: failures.length - shown.length,
    hints: sidecarLogLines(taskRuns, quoted, logs),
  };
}

/** What the run waited for in vain, such as a volume or a sidecar: only its trace has the kubelet's words. */
function waitsInVain({ failures }: RunEnd, summary: RunSummary | undefined): string[] {
  const waits = (summary?.failures ?? []).filter(({ isWait }) => isWait).map(({ text }) => printable(text));
  return waits.filter((text) => !failures.some((failure) => failure.text.trim() === text)).slice(0, MAX_QUOTED);
}

/** The text broken at its words where a terminal would break it anywhere. Elsewhere it stays one line, to be searched. */
function inWindow(text: string, { live, width }: Terminal): string {
  const [indent = ''] = /^ */.exec(text) ?? [];
  if (!live) return text;
  const [first = '', ...more] = wrap(text.trim(), Math.max(20, width - indent.length - 2));
  return [`${indent}${first}`, ...more.map((line) => `${indent}  ${line}`)].join('\n');
}

/** Prints how the run ended: why it failed, then its summary if there is a trace. */
export function showEnd(end: RunEnd, summary: RunSummary | undefined, terminal: Terminal): void {
  const heading = `\n${end.heading}`;
  terminal.print(end.isGood ? terminal.green(heading) : terminal.red(heading));
  for (const { text, lastLines } of end.failures) {
    terminal.print(inWindow(text, terminal));
    terminal.quote(lastLines);
  }
  if (end.more > 0) terminal.print(`  and ${end.more} more`);
  for (const text of waitsInVain(end, summary)) terminal.print(`  because  ${text}`);
  if (summary) terminal.summary(summary);
  for (const hint of end.hints) terminal.print(terminal.dim(`  ${hint}`));
}
