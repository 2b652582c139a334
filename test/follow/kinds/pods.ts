import { until } from '../../peers/support/until.ts';
import { untilLetGo } from '../support/live-run.ts';
import { begun, pipelineRun, pod, ran, step, task, taskRun } from './kind.ts';
import type { Kind } from './kind.ts';

const sidecar = (name: string, script: string): object => ({
  name,
  image: 'busybox:1.37',
  command: ['sh', '-c'],
  args: [script],
});
const polite = 'trap "exit 0" TERM; sleep 600 & wait';
/** Long enough that a busy machine comes as far as a Pod comes. */
const limit = '45s';

/** What becomes of Pods. */
export const pods: Kind[] = [
  {
    title: 'a sidecar, which is stopped when the steps have ended',
    run: taskRun('sidecar', [step('only', 'sleep 2')], {}, { sidecars: [sidecar('db', polite)] }),
    tree: { 'RUN sidecar = success': [...begun, ...pod, 'step only = success', 'sidecar db'] },
    steps: 1,
  },
  {
    title: 'a sidecar that takes half a minute to stop',
    run: pipelineRun('slow-sidecar', [
      {
        name: 'long',
        taskSpec: { steps: [step('only', 'sleep 2')], sidecars: [sidecar('db', 'trap "" TERM; sleep 600 & wait')] },
      },
      task('next', [step('only')], { runAfter: ['long'] }),
    ]),
    tree: {
      'RUN slow-sidecar = success': [
        ...begun,
        { 'task long = success': [...pod, 'step only = success', 'sidecar db'] },
        ran('next', 'only'),
      ],
    },
    steps: 2,
  },
  {
    title: 'a native sidecar',
    setting: 'native sidecars',
    run: taskRun('native-sidecar', [step('only', 'sleep 2')], {}, { sidecars: [sidecar('db', polite)] }),
    tree: { 'RUN native-sidecar = success': [...begun, ...pod, 'step only = success', 'sidecar db'] },
    steps: 1,
  },
  {
    title: 'a Pod that no node takes, until the TaskRun’s timeout',
    run: taskRun('unschedulable', [step('only')], { timeout: limit, podTemplate: { nodeSelector: { no: 'where' } } }),
    tree: { 'RUN unschedulable = timeout (TaskRunTimeout)!': [...begun, 'pod scheduling (Unschedulable)!'] },
    messages: { 'pod scheduling': /node\(s\) didn't match/ },
    steps: 0,
  },
  {
    title: 'an image that can’t be pulled',
    run: pipelineRun('no-image', [task('pull', [{ ...step('only'), image: 'tektrace.test/absent:1' }])]),
    tree: {
      'RUN no-image = failure (TaskRunImagePullFailed)!': [
        ...begun,
        {
          'task pull = error (TaskRunImagePullFailed)!': [
            'pod scheduling',
            'init prepare',
            { 'pod starting (TaskRunImagePullFailed)!': ['image pull tektrace.test/absent:1 (ImagePullBackOff)!'] },
          ],
        },
      ],
    },
    messages: { 'image pull tektrace.test/absent:1': /absent/ },
    steps: 0,
  },
  {
    title: 'a failing step that a breakpoint holds until somebody gives it up',
    run: taskRun('held', [step('wait', 'false')], { debug: { breakpoints: { onFailure: 'enabled' } } }),
    act: async (live) => {
      await live.stepRuns('wait');
      const name = live.family().pods[0]?.metadata.name ?? '';
      const { namespace = '' } = live.created.metadata;
      const giveUp = ['--container=step-wait', '--', 'sh', '/tekton/debug/scripts/debug-fail-continue'];
      await until('the step to have failed', async () => {
        const log = await live.cluster.kubectl('logs', `--namespace=${namespace}`, name, '--container=step-wait');
        return log.includes('until=') || undefined;
      });
      await live.cluster.kubectl('exec', `--namespace=${namespace}`, name, ...giveUp);
    },
    tree: { 'RUN held = failure (StepFailed)!': [...begun, ...pod, 'init place-scripts', 'step wait = failure (Error)!'] }, // prettier-ignore
    steps: 1,
  },
  {
    title: 'a step that needs more memory than it may have',
    run: taskRun('out-of-memory', [
      { ...step('only', 'tail /dev/zero'), computeResources: { limits: { memory: '24Mi' } } },
    ]),
    tree: { 'RUN out-of-memory = failure (StepOOM)!': [...begun, ...pod, 'step only = failure (OOMKilled)!'] },
    steps: 1,
  },
  {
    title: 'a sidecar whose container can’t be started',
    run: taskRun(
      'bad-sidecar',
      [step('only', 'sleep 1')],
      {},
      {
        sidecars: [{ name: 'db', image: 'busybox:1.37', command: ['/nowhere'] }],
      },
    ),
    tree: {
      'RUN bad-sidecar = success': [...begun, ...pod, 'step only = success', 'sidecar db (StartError)!'],
    },
    messages: { 'sidecar db': /nowhere/ },
    steps: 1,
  },
  {
    title: 'a sidecar that never gets ready, until the TaskRun’s timeout: no step begins',
    run: taskRun(
      'unready-sidecar',
      [step('only')],
      { timeout: '45s' },
      {
        sidecars: [
          {
            ...sidecar('db', polite),
            readinessProbe: { exec: { command: ['sh', '-c', 'echo nobody listens; exit 1'] }, periodSeconds: 1 },
          },
        ],
      },
    ),
    tree: {
      'RUN unready-sidecar = timeout (TaskRunTimeout)!': [
        ...begun,
        'pod scheduling',
        { 'pod starting (TaskRunTimeout)!': ['readiness db (Unhealthy)!'] },
        'init prepare',
        'sidecar db',
      ],
    },
    messages: { 'readiness db': /^Readiness probe failed: nobody listens/ },
    steps: 0,
  },
  {
    title: 'a step whose container can’t be made, because its Secret is missing',
    run: taskRun('no-secret', [
      { ...step('only'), env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'nowhere', key: 'a' } } }] },
    ]),
    tree: {
      'RUN no-secret = error (CreateContainerConfigError)!': [
        ...begun,
        'pod scheduling',
        'init prepare',
        'pod starting (CreateContainerConfigError)!',
      ],
    },
    messages: { 'pod starting': /nowhere/ },
    steps: 0,
  },
  {
    title: 'a volume that can’t be mounted, because its Secret is missing, until the TaskRun’s timeout',
    run: taskRun(
      'no-volume',
      [{ ...step('only'), volumeMounts: [{ name: 'keys', mountPath: '/keys' }] }],
      { timeout: limit },
      { volumes: [{ name: 'keys', secret: { secretName: 'nowhere' } }] },
    ),
    tree: {
      'RUN no-volume = timeout (TaskRunTimeout)!': [
        ...begun,
        'pod scheduling',
        { 'pod starting (TaskRunTimeout)!': ['volume mount keys (FailedMount)!'] },
      ],
    },
    messages: { 'volume mount keys': /secret "nowhere" not found/ },
    steps: 0,
  },
  {
    title: 'a Pod that somebody deletes at once while its step runs: Tekton makes another',
    run: taskRun('lost-pod', [step('only', untilLetGo)]),
    act: async (live) => {
      const lost = await live.stepRuns('only');
      const { namespace, name = '' } = lost.metadata;
      await live.cluster.kubectl('delete', `--namespace=${namespace}`, 'pod', name, '--force', '--grace-period=0');
      await live.letGo('only', await live.stepRuns('only', lost));
    },
    tree: { 'RUN lost-pod = success': [...begun, 'pod deleted (PodDeleted)!', ...pod, 'step only = success'] },
    steps: 1,
  },
  {
    title: 'a Pod that is evicted, because it writes more than its volume may hold',
    run: taskRun(
      'evicted',
      [
        {
          ...step('only', `${untilLetGo}; dd if=/dev/zero of=/full/file bs=1M count=16; sleep 600`),
          volumeMounts: [{ name: 'small', mountPath: '/full' }],
        },
      ],
      {},
      { volumes: [{ name: 'small', emptyDir: { sizeLimit: '2Mi' } }] },
    ),
    act: async (live) => {
      const pod = await live.stepRuns('only');
      // Else the kubelet could evict the Pod before anybody has seen that the step runs.
      await live.until('upstream to see that the step runs', () => live.steps().find(({ running }) => running));
      await live.letGo('only', pod);
    },
    tree: {
      'RUN evicted = error (PodEvicted)!': [...begun, ...pod, 'step only = error (PodEvicted)!'],
    },
    messages: { 'RUN evicted': /exceeds the limit/ },
  },
];
