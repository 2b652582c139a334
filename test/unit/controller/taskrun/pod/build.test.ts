import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { describe, expect, test } from '@jest/globals';

import { buildPod } from '../../../../../controller/taskrun/pod/build.ts';
import type { TaskRun, TaskRunSpec, TaskSpec } from '../../../../../shared/tekton/types.ts';

const IMAGES = { entrypoint: 'entry', shell: 'shell', workingdirinit: 'dirs', nop: 'nop' };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function taskRun(spec: TaskRunSpec = {}, rest: Partial<TaskRun> = {}): TaskRun {
  return { metadata: { name: 'build', namespace: 'ci', uid: 'u-1', labels: { team: 'a' } }, spec, ...rest };
}

function build(taskSpec: TaskSpec, run = taskRun()) {
  const pod = JSON.parse(JSON.stringify(buildPod(run, taskSpec, IMAGES))) as ReturnType<typeof buildPod>;
  return { pod, metadata: pod.metadata!, spec: pod.spec as V1PodSpec };
}

const container = (spec: V1PodSpec, name: string): V1Container =>
  [...(spec.initContainers ?? []), ...spec.containers].find((each) => each.name === name)!;
const mountPaths = ({ volumeMounts = [] }: V1Container): string[] =>
  volumeMounts.map(({ mountPath, readOnly }) => `${mountPath}${readOnly ? ' ro' : ''}`);

const TWO_STEPS: TaskSpec = {
  results: [{ name: 'digest' }, { name: 'size' }],
  steps: [
    { name: 'compile', image: 'gcc', command: ['make', '-j'], args: ['all'], timeout: '90s', onError: 'continue' },
    { image: 'busybox', script: 'echo done' },
  ],
};

describe('steps', () => {
  const { spec } = build(TWO_STEPS);

  test('run one after the other through the entrypoint, with its arguments in its order', () => {
    expect(container(spec, 'step-compile')).toMatchObject({
      image: 'gcc',
      command: ['/tekton/bin/entrypoint'],
      args: [
        ...['-post_file', '/tekton/run/0/out', '-termination_path', '/tekton/termination'],
        ...['-step_metadata_dir', '/tekton/run/0/status', '-on_error', 'continue', '-timeout', '1m30s'],
        ...['-results', 'digest,size', '-entrypoint', 'make', '--', '-j', 'all'],
      ],
      terminationMessagePath: '/tekton/termination',
    });
    expect(container(spec, 'step-unnamed-1').args?.slice(0, 4)).toEqual([
      ...['-wait_file', '/tekton/run/0/out', '-post_file', '/tekton/run/1/out'],
    ]);
  });

  test('see their own state read-write, that of the others read-only', () => {
    expect(mountPaths(container(spec, 'step-compile'))).toEqual([
      ...['/tekton/creds', '/tekton/run/0', '/tekton/run/1 ro', '/tekton/bin ro', '/workspace', '/tekton/home'],
      ...['/tekton/results', '/tekton/steps ro', '/tekton/artifacts'],
    ]);
    expect(mountPaths(container(spec, 'step-unnamed-1'))).toEqual(
      expect.arrayContaining(['/tekton/scripts ro', '/tekton/run/0 ro', '/tekton/run/1']),
    );
  });

  test('keep a mount of their own where an implicit one would be', () => {
    const own = { name: 'mine', mountPath: '/workspace/' };
    const { spec } = build({ steps: [{ name: 'a', image: 'x', command: ['x'], volumeMounts: [own] }] });
    expect(mountPaths(container(spec, 'step-a')).filter((path) => path.startsWith('/workspace'))).toEqual([
      '/workspace/',
    ]);
  });

  test('have all the volumes that their containers mount', () => {
    const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
    const mounted = [...(spec.initContainers ?? []), ...spec.containers].flatMap(
      ({ volumeMounts = [] }) => volumeMounts,
    );
    expect(mounted.filter(({ name }) => !volumes.has(name))).toEqual([]);
    expect(volumes.size).toBe(spec.volumes?.length);
  });

  test('take what they leave out from the stepTemplate, and env of the podTemplate last', () => {
    const { spec } = build(
      {
        stepTemplate: { image: 'base', env: [{ name: 'A', value: '1' }], securityContext: { runAsUser: 1 } },
        steps: [
          { name: 'a', command: ['x'], env: [{ name: 'B', value: '2' }], computeResources: { limits: { cpu: '1' } } },
        ],
      },
      taskRun({ podTemplate: { env: [{ name: 'C', value: '3' }], nodeSelector: { disk: 'ssd' } } }),
    );
    const step = container(spec, 'step-a');
    expect(step).toMatchObject({
      image: 'base',
      securityContext: { runAsUser: 1 },
      resources: { limits: { cpu: '1' } },
    });
    expect(step.env?.map(({ name }) => name)).toEqual(['B', 'A', 'C']);
    expect(step).not.toHaveProperty('computeResources');
    expect(spec.nodeSelector).toEqual({ disk: 'ssd' });
    expect(spec).not.toHaveProperty('env');
  });

  test('have names that Kubernetes accepts, for names of any length', () => {
    const name = `${'a'.repeat(57)}-${'b'.repeat(10)}`;
    const { spec } = build({ steps: [{ name, image: 'x', command: ['x'] }] });
    expect(spec.containers[0]?.name).toBe(`step-${'a'.repeat(57)}`);
    expect(container(spec, 'prepare').command?.at(-1)).toBe(`step-${name}`);
  });
});

describe('init containers', () => {
  test('prepare installs the entrypoint and makes the steps directories', () => {
    const { spec } = build(TWO_STEPS);
    expect(container(spec, 'prepare')).toEqual({
      name: 'prepare',
      image: 'entry',
      workingDir: '/',
      command: [
        ...['/ko-app/entrypoint', 'init', '/ko-app/entrypoint', '/tekton/bin/entrypoint'],
        ...['step-compile', 'step-unnamed-1'],
      ],
      volumeMounts: [
        { name: 'tekton-internal-bin', mountPath: '/tekton/bin' },
        { name: 'tekton-internal-steps', mountPath: '/tekton/steps' },
      ],
    });
    expect(spec.initContainers?.map(({ name }) => name)).toEqual(['prepare', 'place-scripts']);
  });

  test.each([
    ['without a shebang', 'echo $(date)', '#!/bin/sh\nset -e\necho $(date)'],
    ['with one', '\n#!/usr/bin/env python3\nprint("x")', '\n#!/usr/bin/env python3\nprint("x")'],
  ])('place-scripts writes a script %s, safe from $(…) expansion', (_what, script, written) => {
    const { spec } = build({ steps: [{ name: 'a', image: 'x', script, args: ['one'] }] });
    const text = container(spec, 'place-scripts').args?.[1] ?? '';
    const file = /scriptfile="([^"]+)"/.exec(text)?.[1];
    expect(file).toMatch(/^\/tekton\/scripts\/script-0-[a-z0-9]{5}$/);
    expect(text).toContain(`\n${Buffer.from(written).toString('base64')}\n_EOF_\n`);
    expect(text).toContain('/tekton/bin/entrypoint decode-script "${scriptfile}"\n');
    expect(container(spec, 'step-a').args?.slice(-4)).toEqual(['-entrypoint', file, '--', 'one']);
  });

  test('the same Pod is built again after a crash', () => {
    expect(build(TWO_STEPS).pod).toEqual(build(TWO_STEPS).pod);
  });

  test('working-dir-initializer makes relative directories and those below /workspace', () => {
    const steps = ['sub/./dir', '/workspace/src/', '/opt', undefined].map((workingDir, index) => ({
      ...{ name: `s${index}`, image: 'x', command: ['x'] },
      ...(workingDir ? { workingDir } : {}),
    }));
    expect(container(build({ steps }).spec, 'working-dir-initializer')).toMatchObject({
      image: 'dirs',
      command: ['/ko-app/workingdirinit'],
      args: ['/workspace/src', 'sub/dir'],
      workingDir: '/workspace',
    });
  });
});

describe('sidecars', () => {
  const { spec, metadata } = build({
    steps: [{ name: 'a', image: 'x', command: ['x'] }],
    sidecars: [{ name: 'db', image: 'postgres', script: 'sleep 1', readinessProbe: { exec: { command: ['true'] } } }],
  });

  test('run beside the steps, as they are written', () => {
    expect(container(spec, 'sidecar-db')).toMatchObject({
      image: 'postgres',
      readinessProbe: { exec: { command: ['true'] } },
    });
    expect(container(spec, 'sidecar-db').command?.[0]).toMatch(/^\/tekton\/scripts\/sidecar-script-0-/);
  });

  test('without a name are called sidecar, as upstream calls them', () => {
    const unnamed = build({
      steps: [{ image: 'x', command: ['x'] }],
      sidecars: [{ image: 'postgres', command: ['postgres'] }],
    });
    expect(unnamed.spec.containers.map(({ name }) => name)).toEqual(['step-unnamed-0', 'sidecar']);
  });

  test('are waited for: the first step starts when the annotation arrives', () => {
    expect(container(spec, 'step-a').args?.slice(0, 3)).toEqual([
      '-wait_file',
      '/tekton/downward/ready',
      '-wait_file_content',
    ]);
    expect(mountPaths(container(spec, 'step-a'))).toContain('/tekton/downward ro');
    expect(spec.volumes).toContainEqual({
      name: 'tekton-internal-downward',
      downwardAPI: { items: [{ path: 'ready', fieldRef: { fieldPath: "metadata.annotations['tekton.dev/ready']" } }] },
    });
    expect(metadata.annotations).not.toHaveProperty('tekton.dev/ready');
  });
});

describe('the Pod', () => {
  const spec: TaskSpec = { steps: [{ name: 'a', image: 'x', command: ['x'] }] };

  test('belongs to the TaskRun, carries its labels, and may start at once', () => {
    const { metadata } = build(spec);
    expect(metadata).toEqual({
      name: 'build-pod',
      namespace: 'ci',
      labels: {
        team: 'a',
        'tekton.dev/taskRun': 'build',
        'tekton.dev/taskRunUID': 'u-1',
        'app.kubernetes.io/managed-by': 'tekton-pipelines',
      },
      annotations: { 'tekton.dev/ready': 'READY' },
      ownerReferences: [
        {
          apiVersion: 'tekton.dev/v1',
          kind: 'TaskRun',
          name: 'build',
          uid: 'u-1',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
  });

  test('is invisible to upstream where both controllers run', () => {
    const run = taskRun({ managedBy: 'tektrace.dev/controller' });
    run.metadata.labels = { 'app.kubernetes.io/managed-by': 'tekton-pipelines' };
    const { metadata } = build(spec, run);
    expect(metadata.labels).not.toHaveProperty('app.kubernetes.io/managed-by');
    expect(metadata.ownerReferences?.[0]?.controller).toBe(false);
  });

  test.each([
    [undefined, 5400],
    ['10s', 15],
    ['100ms', 1],
    ['0', 2_147_483_647],
  ])('has a deadline beyond the timeout %s', (timeout, seconds) => {
    expect(build(spec, taskRun(timeout === undefined ? {} : { timeout })).spec.activeDeadlineSeconds).toBe(seconds);
  });

  test('of a retry has its own name', () => {
    const run = taskRun({}, { status: { retriesStatus: [{}, {}] } });
    expect(build(spec, run).metadata.name).toBe('build-pod-retry2');
  });

  test("tells each step the step's own span", () => {
    const run = taskRun();
    run.metadata.annotations = { 'tekton/taskrun-span-context': JSON.stringify({ traceparent: TRACEPARENT }) };
    const { metadata, spec: podSpec } = build(spec, run);
    const own = metadata.annotations?.['tekton/step-a-span-context'];
    expect(own).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(own).not.toBe(TRACEPARENT);
    expect(container(podSpec, 'step-a').env).toEqual([
      {
        name: 'TRACEPARENT',
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.annotations['tekton/step-a-span-context']" } },
      },
    ]);
  });
});
