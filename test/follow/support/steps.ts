import { readFileSync } from 'node:fs';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { ApiError, isNotFound } from '../../../shared/kubernetes/errors.ts';
import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { ShownSpan } from '../../peers/support/jaeger-trace.ts';
import type { StepState } from '../../../shared/tekton/types.ts';
import { isCut, placeOf } from './facts.ts';
import type { Place } from './facts.ts';
import type { Family } from './family.ts';
import { paths } from './tree.ts';
import type { SpanNode } from './tree.ts';

const SECOND_MS = 1000;
/** A step's own clock has hundredths of a second, and the machine's may be set meanwhile. */
const OWN_CLOCK_MS = 50;

/** What a step of `step()` writes: its context, and when its command began and ended (seconds since this machine's start). */
interface StepLog {
  traceparent: string | undefined;
  fromMs: number | undefined;
  untilMs: number | undefined;
}

/** Epoch milliseconds of this machine's start. Both clocks are read again if something came between them. */
function bootMs(): number {
  for (;;) {
    const beforeMs = Date.now();
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    if (Date.now() - beforeMs <= 1) return beforeMs - uptime * SECOND_MS;
  }
}

function parseLog(text: string): StepLog {
  const find = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
  const at = (key: string): number | undefined => {
    const uptime = find(key);
    return uptime === undefined ? undefined : bootMs() + Number(uptime) * SECOND_MS;
  };
  return { traceparent: find('traceparent'), fromMs: at('from'), untilMs: at('until') };
}

/** The kubelet's answer once it has removed the containers of an evicted Pod, and their logs with them. */
const isRemoved = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 400 && error.answer.endsWith('is terminated');

/** Undefined when the Pod is gone, or its container. */
async function readLog(client: KubeClient, { metadata }: Pod, container: string): Promise<StepLog | undefined> {
  const { namespace = '', name = '' } = metadata;
  const path = resourcePath(PODS, { namespace, name, subresource: 'log' });
  try {
    let text = '';
    for await (const line of await client.stream(path, { query: { container }, pieces: true })) text += `${line}\n`;
    return parseLog(text);
  } catch (error) {
    if (isNotFound(error) || isRemoved(error)) return undefined;
    throw error;
  }
}

const stepState = ({ status }: Place, container: string): StepState['terminated'] =>
  status.steps?.find((step) => step.container === container)?.terminated;

/**
 * Whether the entrypoint's word on when the command began is known: it is in the end of a container that ended by itself, and upstream has read it there.
 * Without it the container's start is all that is known.
 */
function saysStart(place: Place, container: string): boolean {
  const { state } = place.pod?.status?.containerStatuses?.find(({ name }) => name === container) ?? {};
  const told = /"StartedAt","value":"([^".]+)/.exec(state?.terminated?.message ?? '')?.[1];
  const terminated = stepState(place, container);
  return !isCut(terminated) && told !== undefined && terminated?.startedAt === `${told}Z`;
}

/** When the command began and ended by the step's own clock: within its span. How much longer the span is, kubectl's times decide (`timeProblems`). */
function compareTimes({ fromMs, untilMs }: StepLog, span: ShownSpan, startIsKnown: boolean): string[] {
  const problems: string[] = [];
  const late = untilMs === undefined ? 0 : span.endMs - untilMs;
  if (late < -SECOND_MS - OWN_CLOCK_MS) problems.push(`ended ${-late} ms after its span`);
  if (fromMs === undefined || !startIsKnown) return problems;
  const early = fromMs - span.startMs;
  if (early < -OWN_CLOCK_MS) problems.push(`began ${-early} ms before its span`);
  const missing = (untilMs ?? NaN) - fromMs - (span.endMs - span.startMs);
  if (missing > SECOND_MS + OWN_CLOCK_MS) problems.push(`took ${missing} ms longer than its span`);
  return problems;
}

/** What the step saw, beside what its span says. */
function compare(container: string, log: StepLog, root: SpanNode, family: Family, pod: Pod): string[] {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(log.traceparent ?? '') ?? [];
  const path = [...paths(root)].find((one) => one.at(-1)?.spanId === spanId);
  const span = path?.at(-1);
  if (path === undefined || span === undefined) return [`sees "${log.traceparent}", which is no span of its trace`];
  const place = placeOf(path, family);
  if (span.tags['k8s.container.name'] !== container || place?.pod !== pod)
    return [`sees the span of ${path.map(({ name }) => name).join(' > ')} (${traceId})`];
  return compareTimes(log, span, saysStart(place, container));
}

/** Whether the step was ended with its TaskRun: then its Pod, and its log with it, goes at some time. */
function wasCut({ taskRuns }: Family, { metadata }: Pod, container: string): boolean {
  const status = taskRuns.map((taskRun) => taskRun.status).find((one) => one?.podName === metadata.name);
  return isCut(status?.steps?.find((step) => step.container === container)?.terminated);
}

/**
 * Reads the log of every step whose Pod is still there: `problems` is what does not fit its span, `read` how many of those that ended by themselves were
 * read.
 */
export async function stepProblems(
  client: KubeClient,
  root: SpanNode,
  family: Family,
): Promise<{ read: number; problems: string[] }> {
  const problems: string[] = [];
  let read = 0;
  for (const pod of family.pods) {
    for (const { name, state } of pod.status?.containerStatuses ?? []) {
      if (!name.startsWith('step-') || state?.terminated === undefined) continue;
      const log = await readLog(client, pod, name);
      // A step that was skipped, or never began, has written nothing; one without a context has written nothing of it.
      if (!log?.traceparent) continue;
      if (!wasCut(family, pod, name)) read += 1;
      const found = compare(name, log, root, family, pod);
      problems.push(...found.map((problem) => `${name} of ${pod.metadata.name} ${problem}`));
    }
  }
  return { read, problems };
}
