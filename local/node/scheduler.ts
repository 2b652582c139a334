import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isConflict, isNotFound } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { RecordEvent } from './events.ts';
import { kubeTime } from './types.ts';
import type { Pod } from './types.ts';

/** A Pod's ports. All are ports of the machine, because Pods share its network. */
export function portsOf(pod: Pod): string[] {
  const containers = [
    ...(pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ...pod.spec.containers,
  ];
  return containers.flatMap(({ ports = [] }) =>
    ports.map(({ hostPort, containerPort, protocol = 'TCP' }) => `${protocol}/${hostPort ?? containerPort}`),
  );
}

const taken = (pod: Pod, others: Pod[]): boolean => {
  const ports = new Set(portsOf(pod));
  return others.some((other) => portsOf(other).some((port) => ports.has(port)));
};

/** The scheduler's message if the Pod can't run here now; undefined if it can. */
export function unschedulable(
  pod: Pod,
  running: Pod[],
  nodeName: string,
  claimExists: (key: string) => boolean,
): string | undefined {
  for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
    const claim = persistentVolumeClaim?.claimName;
    if (claim !== undefined && !claimExists(`${pod.metadata.namespace}/${claim}`)) {
      return `0/1 nodes are available: persistentvolumeclaim "${claim}" not found.`;
    }
  }
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  const labels: Record<string, string> = { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux' };
  if (selector.some(([key, value]) => labels[key] !== value))
    return "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  if (taken(pod, running))
    return "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
  return undefined;
}

/** Binds Pods to the one node there is. */
export class Scheduler {
  readonly #client: KubeClient;
  readonly #nodeName: string;
  readonly #recordEvent: RecordEvent;
  readonly #now: () => Date;

  constructor(client: KubeClient, nodeName: string, recordEvent: RecordEvent, now: () => Date) {
    this.#client = client;
    this.#nodeName = nodeName;
    this.#recordEvent = recordEvent;
    this.#now = now;
  }

  /** Sets the Pod's node through the binding subresource. Ignores a Pod that is gone or bound already. */
  async bind(pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: this.#nodeName };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    try {
      await this.#client.request('POST', resourcePath(PODS, { namespace, name, subresource: 'binding' }), { body });
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${this.#nodeName}`;
    this.#recordEvent(pod, { type: 'Normal', reason: 'Scheduled', message, component: 'default-scheduler' });
  }

  /** Reports in the Pod's status and in an Event why it waits. */
  async refuse(pod: Pod, message: string): Promise<void> {
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (before?.message === message) return;
    const { namespace, name } = pod.metadata;
    this.#recordEvent(pod, { type: 'Warning', reason: 'FailedScheduling', message, component: 'default-scheduler' });
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: kubeTime(this.#now()),
    };
    await this.#client.request('PATCH', resourcePath(PODS, { namespace, name, subresource: 'status' }), {
      body: { status: { phase: 'Pending', conditions: [condition] } },
      contentType: MERGE_PATCH,
    });
  }
}
