import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { mayStart } from '../../shared/tekton/pod-ready.ts';
import { hasFailed } from '../../shared/tekton/step-end.ts';
import type { StepState } from '../../shared/tekton/types.ts';
import { ranOnce, wasLost } from '../model/pod/unknown-end.ts';
import { stepStartedAt } from '../model/termination-message.ts';
import type { Attempt } from './attempt.ts';
import { needsPod, stepFate } from './step-fate.ts';
import type { StepFate } from './step-fate.ts';
import { conditionMs, initialisedMs, nodeOffsetMs } from './node-clock.ts';
import { instant, LAST_MS, plusMs, sameSecond } from './times.ts';
import type { Instant, Interval } from './times.ts';

/** A step with a span, and its time, which does not overlap the next step's. */
export interface TimedStep {
  step: StepState;
  fate: StepFate;
  interval: Interval;
}

interface StepFacts {
  step: StepState;
  fate: StepFate;
  start?: Instant;
  end?: Instant;
}

function containerOf(step: StepState, pod: Pod | undefined): ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find(({ name }) => name === step.container);
}

/** Whether the Pod has the final times of the steps that need it: the Pod has ended, or these steps have. */
export function podSays({ status, createdMs, pod }: Pick<Attempt, 'status' | 'createdMs' | 'pod'>): boolean {
  if (pod && ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')) return true;
  return (status.steps ?? []).every(
    (step) =>
      !needsPod(step, stepFate(step, status, createdMs)) || containerOf(step, pod)?.state?.terminated !== undefined,
  );
}

/**
 * When a step's command started. Upstream copies the start from the entrypoint's termination message to the status, in whole seconds; the
 * message in the Pod has the milliseconds.
 */
function startOf(step: StepState, fate: StepFate, pod: Pod | undefined): Instant | undefined {
  const written = instant(step.terminated?.startedAt ?? step.running?.startedAt);
  if (!written?.whole || !needsPod(step, fate)) return written;
  const told = instant(stepStartedAt(containerOf(step, pod)?.state?.terminated?.message));
  return told && sameSecond(told.ms, written.ms) ? told : written;
}

/**
 * When the step ended: when its container did, but not after the next step's start, because the entrypoint starts a step when the previous one
 * has ended.
 */
function endOf(startMs: number, end: Instant, next: Instant | undefined, attemptEndMs: number): number {
  // It started and ended in the same second, and only the second of its end is known: it gets all of it, until the attempt's end.
  const lastMs = end.whole && end.ms <= startMs ? Math.min(end.ms + LAST_MS, attemptEndMs) : end.ms;
  // A next start that is before this step's end is that of a container that waited for its turn, and does not count.
  // A start with milliseconds may be up to a second before it all the same: start and end come from two readings of the node's clock.
  const toleranceMs = next?.whole ? 0 : LAST_MS;
  const binds = next !== undefined && next.ms >= startMs && next.ms >= end.ms - toleranceMs;
  return Math.max(startMs, binds ? Math.min(lastMs, next.ms) : lastMs);
}

/** Whether the Pod says that a step's container ended while it waited for the sidecars. */
function neverBegan(fate: StepFate, pod: Pod | undefined, container: ContainerStatus | undefined): boolean {
  if (pod === undefined || mayStart(pod)) return false;
  return fate === 'cut' || (fate === 'ended' && stepStartedAt(container?.state?.terminated?.message) === undefined);
}

/**
 * A step's fate. Upstream shows a step as waiting whose container was lost: only the Pod says that it had run. It shows one as running that waited for a
 * sidecar.
 */
function fateOf(step: StepState, { status, createdMs, pod }: Attempt): StepFate {
  const fate = stepFate(step, status, createdMs);
  const container = containerOf(step, pod);
  if (neverBegan(fate, pod, container)) return 'pending';
  return fate === 'pending' && container && wasLost(container) ? 'lost' : fate;
}

const failed = ({ step: { terminated, terminationReason } }: StepFacts): boolean =>
  (!terminated || hasFailed(terminated)) && terminationReason !== 'Continued';

function factsOf(attempt: Attempt): StepFacts[] {
  const { status, pod } = attempt;
  const offsetMs = nodeOffsetMs(attempt);
  return (status.steps ?? []).map((step) => {
    const fate = fateOf(step, attempt);
    const end = instant(step.terminated?.finishedAt);
    // The end of an interrupted step is the TaskRun's, by the controller's clock.
    return {
      step,
      fate,
      start: plusMs(startOf(step, fate, pod), offsetMs),
      end: fate === 'cut' ? end : plusMs(end, offsetMs),
    };
  });
}

/** The start of the next step that has its own start. */
function nextStart(following: StepFacts[]): Instant | undefined {
  return following.find(({ fate, start }) => fate === 'ended' || (fate === 'skipped' && start?.whole === false))?.start;
}

/** State between two steps: when the last step ended, and whether a step ended the attempt, so that later ones did not run. */
interface Cursor {
  at: number;
  over: boolean;
}

const placed = (step: StepState, fate: StepFate, startMs: number, endMs = startMs): TimedStep => ({
  step,
  fate,
  interval: { startMs, endMs: Math.max(startMs, endMs) },
});

/**
 * The time of a step that was lost with its node. It starts when the previous step ended, or when the init containers had ended. It ends at the Pod's
 * condition DisruptionTarget; without one at the attempt's end.
 */
function lost(step: StepState, at: number, attempt: Attempt): TimedStep {
  const { pod, startMs, endMs } = attempt;
  const initialised = pod && initialisedMs(pod);
  const from = Math.max(at, initialised === undefined ? startMs : initialised + nodeOffsetMs(attempt));
  return placed(step, 'lost', from, (pod && conditionMs(pod, 'DisruptionTarget')) ?? endMs);
}

function ended(facts: StepFacts, { at, over }: Cursor, following: StepFacts[], endMs: number): TimedStep | undefined {
  const { step, start, end } = facts;
  if (!start || !end) return undefined;
  // The container waited for its turn, and was stopped with the Pod.
  if (over && start.ms < at && failed(facts)) return placed(step, 'skipped', at);
  const from = Math.max(start.ms, at);
  return placed(step, 'ended', from, endOf(from, end, nextStart(following), endMs));
}

/** A step's time: after the end of the previous one, although its container may have started long before and waited. */
function timed(
  facts: StepFacts,
  { at, over }: Cursor,
  following: StepFacts[],
  attempt: Attempt,
): TimedStep | undefined {
  const { step, fate, start, end } = facts;
  switch (fate) {
    case 'ended':
      return ended(facts, { at, over }, following, attempt.endMs);
    case 'skipped':
      return end && placed(step, fate, Math.max(at, start?.whole === false ? start.ms : end.ms));
    case 'unstarted':
      return end && placed(step, fate, end.ms);
    case 'cut':
      if (over) return placed(step, 'skipped', at);
      return placed(step, fate, Math.max(start?.ms ?? attempt.startMs, at), end?.ms ?? attempt.endMs);
    case 'lost':
      return over || !ranOnce(containerOf(step, attempt.pod) ?? { name: '' }) ? undefined : lost(step, at, attempt);
    default:
      return undefined;
  }
}

/**
 * The attempt's steps in their order, with their times. None if they need the Pod, and it is unknown or does not have their times: other times would make
 * other spans than those that an earlier export may have sent.
 */
export function timedSteps(attempt: Attempt): TimedStep[] {
  if (!podSays(attempt)) return [];
  const cursor: Cursor = { at: -Infinity, over: false };
  const all = factsOf(attempt);
  return all.flatMap((facts, index) => {
    const one = timed(facts, cursor, all.slice(index + 1), attempt);
    if (!one) return [];
    cursor.at = Math.max(cursor.at, one.interval.endMs);
    cursor.over ||= ['cut', 'unstarted', 'lost'].includes(one.fate) || (one.fate === 'ended' && failed(facts));
    return [one];
  });
}
