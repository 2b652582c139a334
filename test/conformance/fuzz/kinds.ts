import type { Json } from '../harness/client.ts';
import { configMap, lease, pod, secret, widget } from '../harness/objects.ts';

/** A kind of object that sequences are about. */
export interface FuzzedKind {
  resource: string;
  apiVersion: string;
  kind: string;
  /** A valid object. */
  valid(name: string): Json;
  /** Content that a valid object may have too, merged over it: some valid, some not. */
  contents: Json[];
  /** Content of its status, where it has that subresource. */
  statuses: Json[];
  fieldSelectors: { selector: string; fields?: Json }[];
  isCustom: boolean;
  /** Controllers make some in every namespace, and make them again: a collection is not deleted as a whole. */
  isFurniture: boolean;
}

const serviceAccount = (name: string): Json => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });

const event = (name: string): Json => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name },
  involvedObject: { kind: 'Pod', name: 'a', namespace: '{{0.name}}' },
  reason: 'Started',
  message: 'It started.',
  type: 'Normal',
});

const taskRun = (name: string): Json => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name },
  spec: { taskRef: { name: 'build' } },
});

const pipelineRun = (name: string): Json => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name },
  spec: { pipelineRef: { name: 'release' } },
});

const TIME = '2026-01-02T03:04:05Z';
const MICRO_TIME = '2026-01-02T03:04:05.000006Z';

const runStatuses = [
  { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] },
  { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: TIME }] },
  { startTime: TIME, completionTime: TIME },
  { startTime: 'yesterday' },
  { conditions: 'none' },
  { conditions: [{ type: 'Succeeded' }] },
  {},
];

export const fuzzedKinds: FuzzedKind[] = [
  {
    resource: 'configmaps',
    apiVersion: 'v1',
    kind: 'ConfigMap',
    valid: (name) => configMap(name),
    contents: [
      { data: { a: '1' } },
      { data: { 'not a key': '1' } },
      { data: { a: '1', b: '2' }, binaryData: { c: 'AAEC' } },
      { binaryData: { key: 'AAEC' } },
      { binaryData: { x: 'no base64' } },
      { immutable: true },
      { immutable: false },
      { data: { key: null } },
    ],
    statuses: [],
    fieldSelectors: [{ selector: 'data.key=value' }],
    isCustom: false,
    isFurniture: true,
  },
  {
    resource: 'secrets',
    apiVersion: 'v1',
    kind: 'Secret',
    valid: (name) => secret(name, { stringData: { key: 'value' } }),
    contents: [
      { type: 'fuzz.dev/kind' },
      { type: 'kubernetes.io/tls' },
      { type: 'kubernetes.io/tls', data: { 'tls.crt': 'AA==', 'tls.key': 'AA==' } },
      { type: 'kubernetes.io/basic-auth' },
      { type: 'kubernetes.io/ssh-auth' },
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30=' } },
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'AA==' } },
      { type: 'kubernetes.io/service-account-token' },
      { data: { key: 'dmFsdWU=' } },
      { data: { key: 'not base64' } },
      { data: { '!': 'AA==' } },
      { immutable: true },
      { stringData: { other: 'text' } },
    ],
    statuses: [],
    fieldSelectors: [{ selector: 'type=Opaque' }, { selector: 'type!=kubernetes.io/tls' }],
    isCustom: false,
    isFurniture: false,
  },
  {
    resource: 'pods',
    apiVersion: 'v1',
    kind: 'Pod',
    valid: (name) => pod(name),
    contents: [
      { spec: { nodeName: 'node-a' } },
      { spec: { containers: [] } },
      { spec: { containers: [{ name: 'main' }] } },
      { spec: { containers: [{ name: 'main', image: 'busybox:1.37' }] } },
      { spec: { containers: [{ name: 'Main', image: 'busybox' }] } },
      {
        spec: {
          containers: [
            { name: 'main', image: 'busybox' },
            { name: 'main', image: 'busybox' },
          ],
        },
      },
      { spec: { containers: [{ name: 'main', image: 'busybox', env: [{ name: 'A', value: 'b' }, { name: '' }] }] } },
      { spec: { restartPolicy: 'Never' } },
      { spec: { restartPolicy: 'Sometimes' } },
      { spec: { terminationGracePeriodSeconds: 5 } },
      { spec: { terminationGracePeriodSeconds: -1 } },
      { spec: { activeDeadlineSeconds: 60 } },
      { spec: { activeDeadlineSeconds: 0 } },
      { spec: { initContainers: [{ name: 'first', image: 'busybox' }] } },
      { spec: { initContainers: [{ name: 'main', image: 'busybox' }] } },
      { spec: { volumes: [{ name: 'work', emptyDir: {} }] } },
      { spec: { volumes: [{ name: 'work' }] } },
      { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } },
      { spec: { nodeSelector: { disk: 'fast' } } },
      { spec: { dnsPolicy: 'Elsewhere' } },
      { spec: { hostname: 'Not_A_Host' } },
      { spec: { containers: [{ name: 'main', image: 'busybox', imagePullPolicy: 'Maybe' }] } },
      { spec: { containers: [{ name: 'main', image: 'busybox', resources: { requests: { cpu: '100m' } } }] } },
      { spec: { containers: [{ name: 'main', image: 'busybox', resources: { requests: { cpu: 'much' } } }] } },
      {
        spec: {
          containers: [{ name: 'main', image: 'busybox', resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }],
        },
      },
      { spec: { containers: [{ name: 'main', image: 'busybox', resources: { requests: { memory: '1e3' } } }] } },
    ],
    statuses: [
      { phase: 'Running' },
      { phase: 'Succeeded', reason: 'Completed' },
      { phase: 'Failed', message: 'It failed.' },
      { phase: 'Running', podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] },
      { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: TIME }] },
      { containerStatuses: [{ name: 'main', ready: true, restartCount: 0, image: 'busybox', imageID: 'x' }] },
      { startTime: TIME },
      { startTime: 'yesterday' },
      { phase: 7 },
      {},
    ],
    fieldSelectors: [
      { selector: 'status.phase=Pending' },
      { selector: 'status.phase!=Succeeded' },
      { selector: 'spec.nodeName=' },
      { selector: 'spec.nodeName=node-a', fields: { spec: { nodeName: 'node-a' } } },
      { selector: 'spec.restartPolicy=Always,status.phase=Pending' },
    ],
    isCustom: false,
    isFurniture: false,
  },
  {
    resource: 'events',
    apiVersion: 'v1',
    kind: 'Event',
    valid: event,
    contents: [
      { count: 2, firstTimestamp: TIME, lastTimestamp: TIME },
      { firstTimestamp: 'yesterday' },
      { eventTime: MICRO_TIME, reportingComponent: 'fuzz.dev/a', reportingInstance: 'a', action: 'Start' },
      { eventTime: MICRO_TIME },
      { eventTime: TIME },
      { involvedObject: { namespace: 'elsewhere' } },
      { involvedObject: { namespace: null } },
      { series: { count: 2, lastObservedTime: MICRO_TIME } },
      { type: 'Warning' },
      { type: 'Dire' },
      { message: 'Another text.' },
      { source: { component: 'fuzz', host: 'a' } },
      { related: { kind: 'Pod', name: 'b' } },
    ],
    statuses: [],
    fieldSelectors: [
      { selector: 'type=Normal' },
      { selector: 'reason=Started,involvedObject.name=a' },
      { selector: 'involvedObject.kind!=Node' },
      { selector: 'source=' },
    ],
    isCustom: false,
    isFurniture: false,
  },
  {
    resource: 'leases',
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    valid: (name) => lease(name, { holderIdentity: 'a', leaseDurationSeconds: 15 }),
    contents: [
      { spec: { renewTime: MICRO_TIME, acquireTime: MICRO_TIME } },
      { spec: { renewTime: TIME } },
      { spec: { renewTime: 'now' } },
      { spec: { leaseDurationSeconds: 0 } },
      { spec: { leaseDurationSeconds: -1 } },
      { spec: { leaseTransitions: 3 } },
      { spec: { leaseTransitions: -3 } },
      { spec: { holderIdentity: '' } },
      { spec: { holderIdentity: 'b' } },
      { spec: { strategy: 'OldestEmulationVersion' } },
      { spec: { preferredHolder: 'b' } },
    ],
    statuses: [],
    fieldSelectors: [{ selector: 'spec.holderIdentity=a' }],
    isCustom: false,
    isFurniture: false,
  },
  {
    resource: 'serviceaccounts',
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    valid: serviceAccount,
    contents: [
      { secrets: [{ name: 'a' }] },
      { secrets: [{ name: 'a' }, { name: 'b' }] },
      { imagePullSecrets: [{ name: 'a' }] },
      { automountServiceAccountToken: false },
      { secrets: 'a' },
    ],
    statuses: [],
    fieldSelectors: [{ selector: 'secrets=a' }],
    isCustom: false,
    isFurniture: true,
  },
  {
    resource: 'taskruns',
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    valid: taskRun,
    contents: [
      { spec: { params: [{ name: 'a', value: 'text' }] } },
      { spec: { params: [{ name: 'a', value: ['x', 'y'] }] } },
      { spec: { params: [{ name: 'a', value: { key: 'x' } }] } },
      { spec: { timeout: '1h' } },
      { spec: { timeout: 5 } },
      { spec: { status: 'TaskRunCancelled' } },
      { spec: { serviceAccountName: 'default' } },
      { spec: { taskRef: null, taskSpec: { steps: [{ name: 'a', image: 'busybox', script: 'true' }] } } },
      { spec: { taskRef: null, taskSpec: { steps: 'none' } } },
      { spec: { workspaces: [{ name: 'work', emptyDir: {} }] } },
      { spec: null },
    ],
    statuses: runStatuses,
    fieldSelectors: [{ selector: 'spec.status=' }],
    isCustom: true,
    isFurniture: false,
  },
  {
    resource: 'pipelineruns',
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    valid: pipelineRun,
    contents: [
      { spec: { params: [{ name: 'a', value: 'text' }] } },
      { spec: { timeouts: { pipeline: '1h', tasks: '30m' } } },
      { spec: { timeouts: '1h' } },
      { spec: { status: 'Cancelled' } },
      { spec: { taskRunTemplate: { serviceAccountName: 'default' } } },
      { spec: { pipelineRef: null, pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'build' } }] } } },
      { spec: { pipelineRef: null, pipelineSpec: { tasks: { name: 'a' } } } },
      { spec: null },
    ],
    statuses: runStatuses,
    fieldSelectors: [{ selector: 'status.reason=x' }],
    isCustom: true,
    isFurniture: false,
  },
  {
    resource: 'widgets',
    apiVersion: 'example.dev/v1',
    kind: 'Widget',
    valid: (name) => widget(name),
    contents: [
      { spec: { mode: 'a' } },
      { spec: { mode: 'c' } },
      { spec: { count: 3 } },
      { spec: { count: 9 } },
      { spec: { count: 1.5 } },
      { spec: { title: 'UPPER' } },
      { spec: { title: 'longerthanten' } },
      { spec: { since: TIME } },
      { spec: { since: 'yesterday' } },
      { spec: { size: '10%' } },
      { spec: { size: true } },
      { spec: { note: 'x', free: { any: [1, { thing: null }] } } },
      { spec: { labels: { a: 'b' } } },
      { spec: { labels: { a: 1 } } },
      { spec: { steps: [] } },
      { spec: { steps: [{ name: 'one', image: 'a', args: ['x'] }, { name: 'two' }] } },
      { spec: { steps: [{ image: 'a' }] } },
      { spec: { timeout: null } },
    ],
    statuses: [
      { phase: 'Ready' },
      { phase: 1 },
      { conditions: [{ type: 'A', status: 'x' }] },
      {
        conditions: [
          { type: 'A', status: 'x' },
          { type: 'B', status: 'y' },
        ],
      },
      {
        conditions: [
          { type: 'A', status: 'x' },
          { type: 'A', status: 'y' },
        ],
      },
      { conditions: [{ status: 'x' }] },
      {},
    ],
    fieldSelectors: [
      { selector: 'spec.mode=a', fields: { spec: { mode: 'a' } } },
      { selector: 'spec.mode!=a' },
      { selector: 'spec.count=1' },
    ],
    isCustom: true,
    isFurniture: false,
  },
];
