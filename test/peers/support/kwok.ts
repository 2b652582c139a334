import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { MERGE_PATCH, NODES, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { hasReadyNode } from '../../clusters/describe.ts';
import { peerProgram } from './binaries.ts';
import { isHealthy } from './healthy.ts';
import { freePorts } from './ports.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

const START_TIMEOUT_MS = 60_000;
const NODE = 'played';

const STAGE = 'kwok.x-k8s.io/v1alpha1';
const lines = (...text: string[]): string => text.join('\n');
const isIn = (key: string, ...values: string[]): object => ({ key, operator: 'In', values });

/** A condition of an object, true since now, as a line of a status template. */
const isTrue = (type: string): string =>
  `- {type: ${type}, status: "True", reason: Played, lastTransitionTime: {{ $now | Quote }}, lastHeartbeatTime: {{ $now | Quote }}}`;

const nodeReady = {
  apiVersion: STAGE,
  kind: 'Stage',
  metadata: { name: 'node-ready' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Node' },
    selector: {
      matchExpressions: [
        { key: '.status.conditions.[] | select(.type == "Ready") | .status', operator: 'NotIn', values: ['True'] },
      ],
    },
    next: {
      statusTemplate: lines(
        '{{ $now := Now }}',
        'phase: Running',
        'addresses: [{type: InternalIP, address: 127.0.0.1}]',
        'capacity: {cpu: 100, memory: 100Gi, pods: 1000}',
        'allocatable: {cpu: 100, memory: 100Gi, pods: 1000}',
        'conditions:',
        isTrue('Ready'),
      ),
    },
  },
};

const taskRunPod = (...phases: string[]): object => ({
  matchExpressions: [
    { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
    { key: '.metadata.labels["tekton.dev/taskRun"]', operator: 'Exists' },
    isIn('.status.phase', ...phases),
  ],
});

const common = 'name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", restartCount: 0';

const podRunning = {
  apiVersion: STAGE,
  kind: 'Stage',
  metadata: { name: 'pod-running' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: taskRunPod('Pending'),
    delay: { durationMilliseconds: 200 },
    next: {
      statusTemplate: lines(
        '{{ $now := Now }}',
        'phase: Running',
        'startTime: {{ $now | Quote }}',
        'conditions:',
        ...['PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready'].map(isTrue),
        'initContainerStatuses:',
        '{{ range .spec.initContainers }}',
        `- {${common}, ready: true, state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}}`,
        '{{ end }}',
        'containerStatuses:',
        '{{ range .spec.containers }}',
        `- {${common}, ready: true, started: true, state: {running: {startedAt: {{ $now | Quote }}}}}`,
        '{{ end }}',
      ),
    },
  },
};

/** The entrypoint's message has milliseconds; a time without them is an error for upstream. */
const podSucceeded = {
  apiVersion: STAGE,
  kind: 'Stage',
  metadata: { name: 'pod-succeeded' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: taskRunPod('Running'),
    delay: { durationMilliseconds: 500 },
    next: {
      statusTemplate: lines(
        '{{ $now := Now }}',
        '{{ $before := .status.containerStatuses }}',
        'phase: Succeeded',
        'containerStatuses:',
        '{{ range $index, $container := .spec.containers }}',
        '{{ $started := (index $before $index).state.running.startedAt }}',
        '- name: {{ $container.name | Quote }}',
        '  image: {{ $container.image | Quote }}',
        '  imageID: ""',
        '  ready: false',
        '  restartCount: 0',
        '  state:',
        '    terminated:',
        '      exitCode: 0',
        '      reason: Completed',
        '      startedAt: {{ $started | Quote }}',
        '      finishedAt: {{ $now | Quote }}',
        '      message: {{ printf `[{"key":"StartedAt","value":"%s","type":3}]` ($started | replace "Z" ".000Z") | Quote }}',
        '{{ end }}',
      ),
    },
  },
};

const podDeleted = {
  apiVersion: STAGE,
  kind: 'Stage',
  metadata: { name: 'pod-deleted' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: { matchExpressions: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }] },
    next: { delete: true },
  },
};

export interface PlayedNodeOptions {
  kubeconfigPath: string;
  /** The administrator's. */
  client: KubeClient;
  directory: string;
}

async function startScheduler({ kubeconfigPath, directory }: PlayedNodeOptions): Promise<ServerProcess> {
  const [port = 0] = await freePorts(1);
  const address = ['--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${directory}`];
  return startServerProcess({
    program: peerProgram('kube-scheduler'),
    args: [`--kubeconfig=${kubeconfigPath}`, '--leader-elect=false', ...address],
    logFile: join(directory, 'kube-scheduler.log'),
    isReady: () => isHealthy(`https://127.0.0.1:${port}/healthz`),
    startTimeoutMs: START_TIMEOUT_MS,
  });
}

/** A node whose kubelet is kwok, and the real scheduler that places Pods on it. TaskRuns' Pods start, run half a second and succeed. */
export async function startPlayedNode(options: PlayedNodeOptions): Promise<{ stop(): Promise<void> }> {
  const { kubeconfigPath, client, directory } = options;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } };
  await client.request('POST', resourcePath(NODES), { body: node });
  // A controller manager would take away the taint that each new node has.
  await client.request('PATCH', resourcePath(NODES, { name: NODE }), {
    body: { spec: { taints: null } },
    contentType: MERGE_PATCH,
  });
  const stages = join(directory, 'stages.yaml');
  const documents = [nodeReady, podRunning, podSucceeded, podDeleted].map((stage) => JSON.stringify(stage));
  await writeFile(stages, documents.join('\n---\n'));
  const running = [
    await startServerProcess({
      program: peerProgram('kwok'),
      args: [`--kubeconfig=${kubeconfigPath}`, `--config=${stages}`, `--manage-single-node=${NODE}`],
      logFile: join(directory, 'kwok.log'),
      isReady: () => hasReadyNode(client),
      startTimeoutMs: START_TIMEOUT_MS,
    }),
  ];
  const stop = async (): Promise<void> => {
    for (const server of running.splice(0).reverse()) await server.stop();
  };
  try {
    running.push(await startScheduler(options));
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
