import type { ContainerStatus, Pod } from '../../../../shared/kubernetes/pod.ts';
import type { StepState, TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, condition, ms, pod } from './objects.ts';
import { fc } from '../../../support/property.ts';

const wholeSecond = (seconds: number): string => at(Math.floor(seconds));

interface Step {
  waitsMs: number;
  runsMs: number;
  exitCode: number;
  /** The entrypoint was killed before it wrote its message. */
  silent: boolean;
}

export interface Task {
  steps: Step[];
  /** Of the node's clock, seconds. */
  skew: number;
  fine: boolean;
  /** After how many steps the TaskRun is ended; beyond the last: not at all. */
  cutAfter: number;
  /** From the last step's end to the completion, seconds. */
  noticed: number;
  fraction: number;
  sidecar: boolean;
}

export const task: fc.Arbitrary<Task> = fc.record({
  steps: fc.array(
    fc.record({
      waitsMs: fc.integer({ min: 0, max: 1500 }),
      runsMs: fc.integer({ min: 1, max: 4000 }),
      exitCode: fc.constantFrom(0, 0, 0, 1, 137),
      silent: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  skew: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -60_000, max: 60_000 }).map((skewMs) => skewMs / 1000),
  ),
  fine: fc.boolean(),
  cutAfter: fc.integer({ min: 0, max: 12 }),
  noticed: fc.integer({ min: 0, max: 900 }).map((noticedMs) => noticedMs / 1000),
  fraction: fc.integer({ min: 0, max: 999 }).map((fractionMs) => fractionMs / 1000),
  sidecar: fc.boolean(),
});

interface Written {
  states: StepState[];
  containers: ContainerStatus[];
}

type Time = (seconds: number) => string;

const REASON = 'TaskRunTimeout';

/** The steps that ended by themselves: each after the one before, none after one that failed. Returns when the last one did. */
function runSteps(steps: Step[], { skew, fraction }: Task, time: Time, { states, containers }: Written): number {
  const containersStart = 4 + fraction;
  let now = containersStart;
  let failed = false;
  for (const [index, { waitsMs, runsMs, exitCode, silent }] of steps.entries()) {
    const started = failed ? now : now + waitsMs / 1000;
    now = failed ? now : started + runsMs / 1000;
    const code = failed ? 1 : exitCode;
    const says = failed || !(silent && exitCode !== 0);
    const message = JSON.stringify([{ key: 'StartedAt', value: new Date(ms(started + skew)).toISOString(), type: 3 }]);
    const terminated = {
      exitCode: code,
      reason: code === 0 ? 'Completed' : 'Error',
      startedAt: time((says ? started : containersStart) + skew),
      finishedAt: time(now + skew),
    };
    const name = `s${index}`;
    const reason = failed ? { terminationReason: 'Skipped' } : {};
    states.push({ name, container: `step-${name}`, terminated, ...reason });
    const ofContainer = { ...terminated, startedAt: time(containersStart + skew), ...(says ? { message } : {}) };
    containers.push({ name: `step-${name}`, state: { terminated: ofContainer } });
    failed ||= exitCode !== 0;
  }
  return now;
}

/** The steps that the TaskRun's timeout ended, and those that waited for their turn: their containers still run. */
function cutSteps({ steps, cutAfter, skew, fraction }: Task, completed: string, time: Time, into: Written): void {
  const startedAt = time(4 + fraction + skew);
  for (const index of [...steps.keys()].slice(cutAfter)) {
    const name = `s${index}`;
    const terminated = { exitCode: 1, reason: REASON, startedAt, finishedAt: completed };
    into.states.push({ name, container: `step-${name}`, terminationReason: REASON, terminated });
    into.containers.push({ name: `step-${name}`, state: { running: { startedAt } } });
  }
}

/** What upstream and the kubelet write of a task: the TaskRun's status, and its Pod. */
export function written(one: Task): { status: TaskRunStatus; pod: Pod } {
  const { steps, skew, fine, cutAfter, noticed, fraction, sidecar } = one;
  const time = (seconds: number): string => (fine ? new Date(ms(seconds)).toISOString() : wholeSecond(seconds));
  const into: Written = { states: [], containers: [] };
  const ran = steps.slice(0, cutAfter);
  const now = runSteps(ran, one, time, into);
  const failed = ran.some(({ exitCode }) => exitCode !== 0);
  const isTimeout = cutAfter < steps.length && !failed;
  const completionTime = time(isTimeout ? now + 2 : now + noticed);
  if (isTimeout) cutSteps(one, completionTime, time, into);
  const running = { running: { startedAt: time(4 + fraction + skew) } };
  if (sidecar) into.containers.push({ name: 'sidecar-db', state: running });
  const init = { exitCode: 0, startedAt: time(2.5 + fraction + skew), finishedAt: time(3 + fraction + skew) };
  const bad = isTimeout ? REASON : 'StepFailed';
  return {
    status: {
      podName: 'compile-pod',
      startTime: time(1),
      completionTime,
      conditions: [isTimeout || failed ? condition('False', bad) : condition('True', 'Succeeded')],
      steps: into.states,
    },
    pod: {
      ...pod(),
      status: {
        phase: 'Running',
        startTime: time(2 + fraction + skew),
        conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: wholeSecond(2 + fraction) }],
        initContainerStatuses: [{ name: 'prepare', state: { terminated: init } }],
        containerStatuses: into.containers,
      },
    },
  };
}
