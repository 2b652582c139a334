import type { ContainerStatus, Pod } from '../../../../../shared/kubernetes/pod.ts';
import type { KubeObject } from '../../../../../shared/kubernetes/types.ts';
import type { PipelineRunStatus, StepState, TaskRunStatus } from '../../../../../shared/tekton/types.ts';
import { at, carrier, condition, endedStep, pipelineRun, step, succeeded, taskRun } from '../objects.ts';

/** At a second of the run, an object as the API server has it from then on. */
export interface Stage {
  at: number;
  plural: 'pipelineruns' | 'taskruns' | 'pods' | 'events';
  object: KubeObject;
}

export const RUN = 'build-x7k2p';
/** What the webhook writes when it admits the run. */
export const ADMITTED: Record<string, string> = {
  'tekton/pipelinerun-span-context': carrier(),
  'tekton.dev/pipelinerunSpanContext': carrier(),
  'tekton/admission-time': `${at(0.05)}/${at(0.1)}`,
};

const running = condition('Unknown', 'Running');
const failed = condition('False', 'Failed');

/** One attempt of a task: from its start to its end, with a step of each half, in seconds. */
interface Attempt {
  pod: string;
  from: number;
  to: number;
  exitCode?: number;
}

const halfOf = ({ from, to }: Attempt): number => (from + to) / 2;

/** The node's clock is `skew` seconds ahead in all that comes from it. */
function stepsOf(attempt: Attempt, skew: number): StepState[] {
  const { from, to, exitCode = 0 } = attempt;
  const half = halfOf(attempt);
  return [step('first', from + 5 + skew, half + skew), step('second', half + skew, to - 1 + skew, exitCode)];
}

function podOf(task: string, attempt: Attempt, skew: number, sidecar: boolean): Pod {
  const { pod, from, to, exitCode = 0 } = attempt;
  const half = halfOf(attempt);
  const init = { exitCode: 0, startedAt: at(from + 3 + skew), finishedAt: at(from + 4 + skew) };
  const ended = { exitCode: 0, startedAt: at(from + 5 + skew), finishedAt: at(to - 1 + skew) };
  const steps = [
    endedStep('first', from + 5 + skew, half + skew, from + 5.2 + skew),
    endedStep('second', from + 5 + skew, to - 1 + skew, half + 0.3 + skew, exitCode),
  ];
  const containerStatuses: ContainerStatus[] = [
    ...steps,
    ...(sidecar ? [{ name: 'sidecar-db', state: { terminated: ended } }] : []),
  ];
  return {
    metadata: {
      name: pod,
      namespace: 'ci',
      uid: `uid-${pod}`,
      creationTimestamp: at(from + 1),
      labels: { 'tekton.dev/taskRunUID': `uid-${task}`, 'tekton.dev/taskRun': `${RUN}-${task}` },
    },
    spec: { containers: containerStatuses.map(({ name }) => ({ name })), nodeName: 'node-1' },
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      startTime: at(from + 2 + skew),
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(from + 2) }],
      initContainerStatuses: [{ name: 'prepare', state: { terminated: init } }],
      containerStatuses,
    },
  };
}

/** The kubelet's Events about the image of an attempt's first step. */
function pullOf({ pod, from }: Attempt, skew: number): KubeObject[] {
  const about = (reason: string, seconds: number, message: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${pod}-${reason}`, namespace: 'ci', uid: `uid-${pod}-${reason}`.toLowerCase() },
      involvedObject: {
        kind: 'Pod',
        namespace: 'ci',
        name: pod,
        uid: `uid-${pod}`,
        fieldPath: 'spec.containers{step-first}',
      },
      reason,
      message,
      firstTimestamp: at(seconds + skew),
      lastTimestamp: at(seconds + skew),
      count: 1,
    }) as KubeObject;
  return [
    about('Pulling', from + 4, 'Pulling image "alpine:3"'),
    about('Pulled', from + 4, 'Successfully pulled image "alpine:3" in 800ms (800ms including waiting).'),
  ];
}

function statusOf(attempt: Attempt, skew: number): TaskRunStatus {
  const { pod, from, to, exitCode = 0 } = attempt;
  return {
    podName: pod,
    startTime: at(from),
    completionTime: at(to),
    conditions: [exitCode === 0 ? succeeded : failed],
    steps: stepsOf(attempt, skew),
  };
}

/** A task's objects, from its creation to its end. */
function task(name: string, attempts: Attempt[], skew: number, sidecar = false): Stage[] {
  const [first] = attempts as [Attempt];
  const last = attempts.at(-1) ?? first;
  const created = { creationTimestamp: at(first.from) };
  const retriesStatus = attempts.slice(0, -1).map((attempt) => statusOf(attempt, skew));
  const retries = retriesStatus.length > 0 ? { retriesStatus } : {};
  const of = (status: TaskRunStatus | undefined) => taskRun(status, created, name);
  const runs = attempts.flatMap((attempt): Stage[] => [
    ...pullOf(attempt, skew).map((object): Stage => ({ at: attempt.from + 5, plural: 'events', object })),
    { at: attempt.to - 1, plural: 'pods', object: podOf(name, attempt, skew, sidecar) },
  ]);
  return [
    { at: first.from, plural: 'taskruns', object: of(undefined) },
    { at: first.from + 1, plural: 'taskruns', object: of({ startTime: at(first.from), podName: first.pod, conditions: [running] }) }, // prettier-ignore
    ...runs,
    { at: last.to, plural: 'taskruns', object: of({ ...statusOf(last, skew), ...retries }) },
  ];
}

/** How long the run takes, in seconds. */
export const RUN_SECONDS = 141;

export interface StandardRun {
  /** Seconds that the node's clock is ahead. */
  skew?: number;
  annotations?: Record<string, string>;
}

/**
 * A run that upstream executes: `fetch`, which ends more than a minute before the run; `build`, whose first attempt fails; `test`, which has a
 * sidecar. Each has a Pod that pulls an image.
 */
export function standardRun({ skew = 0, annotations = ADMITTED }: StandardRun = {}): Stage[] {
  const children = ['fetch', 'build', 'test'].map((name) => ({ kind: 'TaskRun', name: `${RUN}-${name}`, pipelineTaskName: name })); // prettier-ignore
  const run = (status: PipelineRunStatus | undefined): KubeObject => pipelineRun(status, { annotations });
  const stages: Stage[] = [
    { at: 0, plural: 'pipelineruns', object: run(undefined) },
    { at: 1, plural: 'pipelineruns', object: run({ startTime: at(1), conditions: [running] }) },
    ...task('fetch', [{ pod: 'fetch-pod', from: 1, to: 20 }], skew),
    ...task('build', [{ pod: 'build-pod', from: 20, to: 38, exitCode: 1 }, { pod: 'build-pod-retry1', from: 38, to: 60 }], skew), // prettier-ignore
    ...task('test', [{ pod: 'test-pod', from: 60, to: 140 }], skew, true),
    {
      at: RUN_SECONDS,
      plural: 'pipelineruns',
      object: run({ startTime: at(1), completionTime: at(RUN_SECONDS), conditions: [succeeded], childReferences: children }), // prettier-ignore
    },
  ];
  return stages.sort((a, b) => a.at - b.at);
}
