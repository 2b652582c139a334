import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { completionOf } from '../../../shared/tekton/conditions.ts';
import type { Condition, PipelineRun, TaskRun, TaskRunStatus, StepState } from '../../../shared/tekton/types.ts';
import type { ShownSpan } from '../../peers/support/jaeger-trace.ts';
import type { Family } from './family.ts';
import type { CoreEvent } from './recorder.ts';

/** When something began and ended as kubectl shows it, epoch milliseconds of whole seconds; undefined where kubectl shows nothing. */
export interface Fact {
  startMs: number | undefined;
  endMs: number | undefined;
  /** Where kubectl does not show the end: it was not before `endMs`, and not after this. */
  latestEndMs?: number;
}

/** Where no time is known, runtimes write 1970, and the kubelet null. */
const ms = (time: string | null | undefined): number | undefined => {
  const found = Date.parse(time ?? '');
  return found > 0 ? found : undefined;
};
const fact = (start: string | undefined, end: string | undefined): Fact => ({ startMs: ms(start), endMs: ms(end) });

/** An object that is gone before it was done ended when somebody saw it to be gone: each who watches sees that at a time of its own. */
function runFact(run: PipelineRun | TaskRun, family: Family): Fact {
  const { startMs, endMs } = fact(run.metadata.creationTimestamp, completionOf(run));
  const gone = endMs === undefined ? family.gone(run) : undefined;
  return gone === undefined ? { startMs, endMs } : { startMs, endMs: gone.fromMs, latestEndMs: gone.toMs };
}

const isDecided = ({ type, status }: Condition): boolean => type === 'Succeeded' && status !== 'Unknown';
const decidedAt = (conditions: Condition[] = []): string | undefined =>
  conditions.find((one) => isDecided(one))?.lastTransitionTime;

/** What a span is of: the TaskRun above it, and of that the attempt and its Pod. */
export interface Place {
  taskRun: TaskRun;
  status: TaskRunStatus;
  pod: Pod | undefined;
}

const uidOf = ({ tags }: ShownSpan): unknown => tags['cicd.pipeline.task.run.id'] ?? tags['cicd.pipeline.run.id'];

/** Undefined for a span that is below no TaskRun. */
export function placeOf(path: ShownSpan[], family: Family): Place | undefined {
  const uids = path.map(uidOf);
  const taskRun = family.taskRuns.find(({ metadata }) => uids.includes(metadata.uid));
  if (taskRun === undefined) return undefined;
  const attempt = Number(/^attempt (\d+)$/m.exec(path.map(({ name }) => name).join('\n'))?.[1]);
  const status = taskRun.status?.retriesStatus?.[attempt - 1] ?? taskRun.status ?? {};
  // A Pod that was deleted has a later one of its name.
  return { taskRun, status, pod: family.pods.findLast(({ metadata }) => metadata.name === status.podName) };
}

function containerFact({ status }: Pod, name: string): Fact {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const found = all.find((one) => one.name === name);
  // A sidecar is stopped by another image in its place: its own state is the one before.
  const own = found?.lastState?.terminated ?? found?.state?.terminated;
  return fact(own?.startedAt ?? found?.state?.running?.startedAt, own?.finishedAt);
}

/** When the first step began, or, while upstream does not say, the first container. */
function firstStart({ status, pod }: Place): string | undefined {
  const [first] = status.steps ?? [];
  const step = first?.terminated?.startedAt ?? first?.running?.startedAt;
  const containers = (pod?.status?.containerStatuses ?? []).map(
    ({ state, lastState }: ContainerStatus) =>
      (lastState?.terminated ?? state?.terminated ?? state?.running)?.startedAt,
  );
  return step ?? containers.filter((time) => ms(time) !== undefined).sort()[0];
}

const scheduledAt = ({ status }: Pod): string | undefined =>
  status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'True')?.lastTransitionTime;

/** When the containers of the Pod could begin: after its init containers, else at its scheduling. */
function initialisedAt({ status }: Pod): string | undefined {
  const ends = (status?.initContainerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt);
  return ends
    .filter((time) => ms(time) !== undefined)
    .sort()
    .at(-1);
}

/** A pull that failed for good lasts from the container's turn to the TaskRun's end: the kubelet's Event may be later, and may be gone at a second export. */
function pullFact({ pod, status }: Place, { name, tags }: ShownSpan, events: CoreEvent[]): Fact | undefined {
  if (!pod) return undefined;
  if (tags['error'] === true) return fact(initialisedAt(pod) ?? scheduledAt(pod), completionOf({ status }));
  const [, , image = ''] = name.split(' ');
  const ofPod = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
  const says = (reason: string): CoreEvent | undefined =>
    ofPod.find((event) => event.reason === reason && event.message?.includes(image));
  return fact(says('Pulling')?.firstTimestamp, says('Pulled')?.firstTimestamp);
}

const stepState = ({ steps = [] }: TaskRunStatus, container: unknown): StepState | undefined =>
  steps.find((step) => step.container === container);

/** Whether a TaskRun that was ended ended it, by what upstream writes into a step then. */
export const isCut = (terminated: StepState['terminated']): boolean =>
  ['TaskRunCancelled', 'TaskRunTimeout'].includes(terminated?.reason ?? '');

/** Facts of spans that a Pod or a TaskRun's status tells, by the first word of their names. */
const ofPlace: Record<string, (place: Place, span: ShownSpan, family: Family) => Fact | undefined> = {
  attempt: ({ status }) => fact(status.startTime, status.completionTime),
  step: ({ status }, { tags }) => {
    const { terminated } = stepState(status, tags['k8s.container.name']) ?? {};
    if (tags['cicd.pipeline.task.run.result'] === 'skip') return undefined;
    // Of a step that was cut short kubectl shows the start of the container, which may have waited for its turn.
    return fact(isCut(terminated) ? undefined : terminated?.startedAt, terminated?.finishedAt);
  },
  init: ({ pod }, { tags }) => pod && containerFact(pod, String(tags['k8s.container.name'])),
  sidecar: ({ pod }, { tags }) =>
    pod && { ...containerFact(pod, String(tags['k8s.container.name'])), endMs: undefined },
  image: (place, span, { events }) => pullFact(place, span, events),
  'pod scheduling': ({ pod }) => pod && fact(pod.metadata.creationTimestamp, scheduledAt(pod)),
  'pod starting': (place, { tags }) =>
    place.pod && fact(scheduledAt(place.pod), tags['error'] === true ? completionOf(place) : firstStart(place)),
};

/** A TaskRun that was retried began with its first attempt. */
function startOf({ status }: PipelineRun | TaskRun): string | undefined {
  const { retriesStatus = [] } = (status ?? {}) as TaskRunStatus;
  return retriesStatus[0]?.startTime ?? status?.startTime;
}

/** What kubectl shows of the time that the last span of `path` covers; undefined where it shows nothing. */
export function factOf(path: ShownSpan[], family: Family): Fact | undefined {
  const span = path.at(-1) as ShownSpan;
  const runs: (PipelineRun | TaskRun)[] = [...family.pipelineRuns, ...family.taskRuns];
  const byUid = <T extends KubeObject>(all: T[], one: ShownSpan | undefined): T | undefined =>
    all.find(({ metadata }) => metadata.uid !== undefined && one !== undefined && metadata.uid === uidOf(one));
  const run = byUid(runs, span);
  if (run !== undefined) return runFact(run, family);
  const custom = byUid(family.customRuns, span);
  if (custom !== undefined)
    return fact(
      custom.metadata.creationTimestamp,
      custom.status?.completionTime ?? decidedAt(custom.status?.conditions),
    );
  const owner = byUid(runs, path.at(-2));
  const [first = ''] = span.name.split(' ');
  if (first === 'pending') {
    const pending = owner ?? byUid(runs, path.at(-3));
    return pending && fact(pending.metadata.creationTimestamp, startOf(pending) ?? completionOf(pending));
  }
  if (first === 'queued') return owner && fact(owner.metadata.creationTimestamp, startOf(owner));
  if (first === 'resolve') {
    const request = family.requests.find(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === owner?.metadata.uid),
    );
    return request && fact(request.metadata.creationTimestamp, decidedAt(request.status?.conditions));
  }
  const place = placeOf(path, family);
  return place && (ofPlace[span.name] ?? ofPlace[first])?.(place, span, family);
}
