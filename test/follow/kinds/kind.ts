import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import type { FollowCluster } from '../support/cluster.ts';
import type { LiveRun, Written } from '../support/live-run.ts';
import type { Tree } from '../support/tree.ts';

/** What must stand before or after a kind's run, and not for others at the same time. */
export type Setting = 'native sidecars' | 'no webhook';

/** A run that was made, and the trace that its root links to, if it is of a kind that does. */
export interface Made {
  live: LiveRun;
  linkedTrace?: string;
}

/** A kind of run that upstream executes, and the trace that it must have. */
export interface Kind {
  title: string;
  run: Written;
  /** What it refers to: made before it, in its namespace. */
  beside?: KubeObject[];
  /** Makes the run; absent: the administrator does. */
  make?: (cluster: FollowCluster, namespace: string, written: Written) => Promise<Made>;
  /** What happens to it. The run whose trace is read is what this gives, else the run itself. */
  act?: (live: LiveRun) => Promise<LiveRun | void>;
  setting?: Setting;
  /** Whether the root links to the trace that `make` names, else to that of the run which `act` began with. */
  isLinked?: boolean;
  tree: Tree;
  /** What the spans of these names say of their status. */
  messages?: Record<string, RegExp>;
  /** Attributes that the spans of these names have. */
  tags?: Record<string, Record<string, unknown>>;
  /** How many steps have a log that is compared with their spans; absent where their Pods are about to go. */
  steps?: number;
}

/** A step that writes its context and its own times around `script`, which runs in a shell of its own. */
export const step = (name: string, script = 'true', more: object = {}): object => ({
  name,
  image: 'busybox:1.37',
  command: ['sh', '-c'],
  args: [
    [
      'echo traceparent=$TRACEPARENT; read up idle </proc/uptime; echo from=$up',
      `( ${script} )`,
      'code=$?; read up idle </proc/uptime; echo until=$up; exit $code',
    ].join('\n'),
  ],
  ...more,
});

/** A step that goes on until somebody ends it. */
export const endless = (name: string): object => step(name, 'sleep 600');

/** A pipeline task with an embedded Task. */
export const task = (name: string, steps: object[], more: object = {}): object => ({
  name,
  taskSpec: { steps },
  ...more,
});

export const pipelineRun = (name: string, tasks: object[], more: object = {}, last: object[] = []): Written => ({
  kind: 'PipelineRun',
  metadata: { name },
  spec: { pipelineSpec: { tasks, ...(last.length > 0 && { finally: last }) }, ...more },
});

export const taskRun = (name: string, steps: object[], more: object = {}, spec: object = {}): Written => ({
  kind: 'TaskRun',
  metadata: { name },
  spec: { taskSpec: { steps, ...spec }, ...more },
});

/** The waits of a Pod, with the one container that prepares every Pod of upstream's. */
export const pod: Tree[] = ['pod scheduling', 'pod starting', 'init prepare'];
/** What stands first below every root. */
export const begun: Tree[] = ['admission', 'queued'];

export const ran = (name: string, ...steps: string[]): Tree => ({
  [`task ${name} = success`]: [...pod, ...steps.map((one) => `step ${one} = success`)],
});

export const skipped = (name: string): Tree => `task ${name} = skip`;
