import fs from 'node:fs';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { MERGE_PATCH, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { isolations } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';

const shell = (script: string, more: object = {}): object => ({
  name: 'main',
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});

describe.each(isolations)('Pods on a node with isolation %s', (isolation) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation });
  });
  afterAll(() => cluster.close());

  const create = async (spec: object, metadata: object = {}): Promise<string> =>
    (await cluster.createPod(spec, metadata)).metadata.name ?? '';
  const path = (name: string): string => resourcePath(PODS, { namespace: 'default', name });
  const change = (name: string, body: object): Promise<unknown> =>
    cluster.client.request('PATCH', path(name), { body, contentType: MERGE_PATCH });
  const annotate = (name: string, annotations: Record<string, string>): Promise<unknown> =>
    change(name, { metadata: { annotations } });

  test('the status and Events are those of a kubelet', async () => {
    const name = await create({ containers: [shell('echo out; echo err > /dev/stderr')] });
    const { status, spec } = await cluster.ended(name);
    expect(spec.nodeName).toBe('test-node');
    expect(status?.phase).toBe('Succeeded');
    expect(status?.conditions?.map(({ type, status: value, reason }) => [type, value, reason])).toEqual([
      ['PodReadyToStartContainers', 'False', undefined],
      ['Initialized', 'True', 'PodCompleted'],
      ['Ready', 'False', 'PodCompleted'],
      ['ContainersReady', 'False', 'PodCompleted'],
      ['PodScheduled', 'True', undefined],
    ]);
    const [container] = status?.containerStatuses ?? [];
    expect(container?.state.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      startedAt: expect.stringMatching(/:\d\d\.\d{3}Z$/),
    });
    expect(container).toMatchObject({ image: 'busybox', imageID: '', restartCount: 0 });
    expect((await cluster.log(name, 'main')).split('\n').sort()).toEqual(['', 'err', 'out']);
    await cluster.eventWhen(name, ({ reason }) => reason === 'Started');
    const events = await cluster.events(name);
    expect(events.map(({ reason }) => reason).sort()).toEqual(['Created', 'Scheduled', 'Started']);
    expect(events.find(({ reason }) => reason === 'Started')?.involvedObject.fieldPath).toBe('spec.containers{main}');
  });

  test('the environment is the spec and what a runtime adds, nothing of this process', async () => {
    process.env.TEKTRACE_TEST_SECRET = 'leak';
    await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'env' }, data: { A: 'a', B: 'b' } });
    await cluster.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'env' },
      data: { S: Buffer.from('s').toString('base64') },
    });
    const env = [
      { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'env', key: 'A' } } },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'env', key: 'S' } } },
      { name: 'GONE', valueFrom: { secretKeyRef: { name: 'none', key: 'S', optional: true } } },
      { name: 'NOTE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['note']" } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      { name: 'BOTH', value: '$(KEY)-$(P_B)-$$(KEY)-$(NONE)' },
    ];
    const envFrom = [{ prefix: 'P_', configMapRef: { name: 'env' } }];
    const container = shell('env', { env, envFrom, args: ['$(KEY)'], resources: { limits: { cpu: '1500m' } } });
    const name = await create({ containers: [container] }, { annotations: { note: 'noted' } });
    await cluster.ended(name);
    const seen = Object.fromEntries(
      (await cluster.log(name, 'main')).split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    expect(seen).toMatchObject({
      KEY: 'a',
      SECRET: 's',
      NOTE: 'noted',
      NODE: 'test-node',
      CPU: '1500',
      P_A: 'a',
      BOTH: 'a-b-$(KEY)-$(NONE)',
      HOSTNAME: name,
    });
    expect(seen).not.toHaveProperty('GONE');
    expect(seen).not.toHaveProperty('TEKTRACE_TEST_SECRET');
    delete process.env.TEKTRACE_TEST_SECRET;
  });

  test('a ConfigMap that is missing keeps the container waiting with the reason until it is there', async () => {
    const name = await create({
      containers: [
        shell('echo $V', { env: [{ name: 'V', valueFrom: { configMapKeyRef: { name: 'late', key: 'k' } } }] }),
      ],
    });
    const waiting = await cluster.podWhen(
      name,
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(waiting.status?.containerStatuses?.[0]?.state.waiting?.message).toBe('configmap "late" not found');
    await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' }, data: { k: 'here' } });
    await cluster.ended(name);
    expect(await cluster.log(name, 'main')).toBe('here\n');
  });

  test('no command, and no image store to take one from, is an error that says so', async () => {
    const name = await create({ containers: [{ name: 'main', image: 'postgres' }] });
    const { status } = await cluster.podWhen(
      name,
      (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerError',
    );
    expect(status?.containerStatuses?.[0]?.state.waiting?.message).toContain('no command specified');
    await cluster.remove(name);
  });

  test('a program that is not there is a StartError', async () => {
    const name = await create({ containers: [{ name: 'main', image: 'x', command: ['no-such-program'] }] });
    const { status } = await cluster.ended(name);
    expect(status?.phase).toBe('Failed');
    expect(status?.containerStatuses?.[0]?.state.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringContaining('"no-such-program": executable file not found in $PATH'),
    });
  });

  test('a privileged container is refused', async () => {
    const name = await create({ containers: [shell('true', { securityContext: { privileged: true } })] });
    const { status } = await cluster.podWhen(
      name,
      (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(status?.containerStatuses?.[0]?.state.waiting?.message).toContain('privileged containers are not supported');
  });

  test('a failing init container fails the Pod before its containers start', async () => {
    const name = await create({ initContainers: [{ ...shell('exit 3'), name: 'init' }], containers: [shell('true')] });
    const { status } = await cluster.ended(name);
    expect(status?.phase).toBe('Failed');
    expect(status?.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(3);
    expect(status?.containerStatuses?.[0]?.state.waiting?.reason).toBe('PodInitializing');
  });

  test('a native sidecar starts before the containers and ends after them', async () => {
    const volumeMounts = [{ name: 'v', mountPath: '/data' }];
    const script = 'trap "exit 0" TERM; touch /data/up; while :; do sleep 0.05; done';
    const sidecar = { ...shell(script, { volumeMounts }), name: 'side', restartPolicy: 'Always' };
    const main = shell('until test -e /data/up; do sleep 0.02; done', { volumeMounts });
    const name = await create({
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [sidecar],
      containers: [main],
    });
    const { status } = await cluster.ended(name);
    expect(status?.phase).toBe('Succeeded');
    expect(status?.initContainerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  test('the log of a sidecar that had to be killed holds what it wrote, and nothing else', async () => {
    const volumeMounts = [{ name: 'v', mountPath: '/data' }];
    const script = 'trap "" TERM; echo up; touch /data/up; while :; do sleep 0.05; done';
    const sidecar = { ...shell(script, { volumeMounts }), name: 'side', restartPolicy: 'Always' };
    const name = await create({
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [sidecar],
      containers: [shell('until test -e /data/up; do sleep 0.02; done', { volumeMounts })],
      terminationGracePeriodSeconds: 1,
    });
    const { status } = await cluster.ended(name);
    expect(status?.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(137);
    expect(await cluster.log(name, 'side')).toBe('up\n');
  });

  test('a sidecar that is given the nop image ends with exit code 0', async () => {
    const forever = { ...shell('trap "exit 0" TERM; echo up; while :; do sleep 0.05; done'), name: 'sidecar-server' };
    const name = await create({ containers: [shell('true'), forever] });
    await cluster.podWhen(
      name,
      ({ status }) =>
        status?.containerStatuses?.[0]?.state.terminated !== undefined &&
        status.containerStatuses[1]?.state.running !== undefined,
    );
    await cluster.said(name, 'sidecar-server', 'up');
    const body = [{ op: 'replace', path: '/spec/containers/1/image', value: 'tektrace.dev/nop' }];
    await cluster.client.request('PATCH', path(name), { body, contentType: 'application/json-patch+json' });
    const { status } = await cluster.ended(name);
    expect(status?.phase).toBe('Succeeded');
    expect(status?.containerStatuses?.[1]).toMatchObject({
      restartCount: 1,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
  });

  test('a container is ready once its readiness probe passes', async () => {
    const probes = {
      readinessProbe: {
        exec: { command: ['sh', '-c', 'test -e /data/ready && test "$V" = v'] },
        periodSeconds: 1,
        initialDelaySeconds: 0,
      },
    };
    const script = 'until [ "$(cat /info/go)" = yes ]; do sleep 0.02; done; touch /data/ready; sleep 60';
    const container = shell(script, {
      env: [{ name: 'V', value: 'v' }],
      volumeMounts: [
        { name: 'v', mountPath: '/data' },
        { name: 'info', mountPath: '/info' },
      ],
      ...probes,
    });
    const items = [{ path: 'go', fieldRef: { fieldPath: "metadata.annotations['go']" } }];
    const name = await create({
      terminationGracePeriodSeconds: 0,
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'info', downwardAPI: { items } },
      ],
      containers: [container],
    });
    const first = await cluster.podWhen(
      name,
      ({ status }) => status?.containerStatuses?.[0]?.state.running !== undefined,
    );
    expect(first.status?.containerStatuses?.[0]?.ready).toBe(false);
    await annotate(name, { go: 'yes' });
    await cluster.podWhen(name, ({ status }) => status?.containerStatuses?.[0]?.ready === true);
    await cluster.remove(name, { gracePeriodSeconds: 0 });
  });

  test('past its deadline the Pod fails with DeadlineExceeded', async () => {
    const name = await create({ terminationGracePeriodSeconds: 1, containers: [shell('echo up; sleep 60')] });
    await cluster.podWhen(name, (pod) => pod.status?.phase === 'Running');
    await cluster.said(name, 'main', 'up');
    await change(name, { spec: { activeDeadlineSeconds: 1 } });
    const { status } = await cluster.podWhen(
      name,
      (pod) => pod.status?.containerStatuses?.[0]?.state.terminated !== undefined,
    );
    expect(status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    expect(status?.containerStatuses?.[0]?.state.terminated).toMatchObject({ reason: 'Error' });
  });

  test('deletion asks the container to end, then the Pod is gone', async () => {
    const name = await create({
      containers: [shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done')],
    });
    await cluster.podWhen(name, ({ status }) => status?.phase === 'Running');
    await cluster.said(name, 'main', 'up');
    const log = cluster.log(name, 'main');
    await cluster.remove(name);
    expect(await log).toContain('bye');
    await cluster.eventWhen(name, ({ message }) => message === 'Stopping container main');
  });

  test('a container that is asked to end before it can hear that still ends by itself', async () => {
    // Process 1 of a PID namespace is not even killed by SIGTERM while it has no handler.
    // Where SIGTERM is not lost it never gets its handler, else after the other container was asked: the two are asked at once.
    const asked = isolation === 'namespaces' ? 'test -e /data/asked' : 'false';
    const volumeMounts = [{ name: 'v', mountPath: '/data' }];
    const loop = 'while :; do sleep 0.05; done';
    const script = `echo up; until ${asked}; do sleep 0.05; done; trap "exit 7" TERM; ${loop}`;
    const other = shell(`trap "touch /data/asked; exit 0" TERM; echo up; ${loop}`, { name: 'other', volumeMounts });
    const name = await create({
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [shell(script, { volumeMounts }), other],
    });
    await cluster.podWhen(name, ({ status }) =>
      [0, 1].every((index) => status?.containerStatuses?.[index]?.state.running !== undefined),
    );
    await Promise.all(['main', 'other'].map((container) => cluster.said(name, container, 'up')));
    await cluster.client.request('DELETE', path(name));
    const { status } = await cluster.podWhen(
      name,
      (pod) => pod.status?.containerStatuses?.[0]?.state.terminated !== undefined,
    );
    const exitCode = status?.containerStatuses?.[0]?.state.terminated?.exitCode;
    expect(exitCode).toBe(isolation === 'namespaces' ? 7 : 143);
  });

  test('a container that does not end in its grace period is killed, which its exit code says', async () => {
    const script = 'trap "" TERM; echo up; while :; do sleep 0.05; done';
    const name = await create({ terminationGracePeriodSeconds: 1, containers: [shell(script)] });
    await cluster.podWhen(name, (pod) => pod.status?.phase === 'Running');
    await cluster.said(name, 'main', 'up');
    await cluster.client.request('DELETE', path(name));
    const { status } = await cluster.podWhen(
      name,
      (pod) => pod.status?.containerStatuses?.[0]?.state.terminated !== undefined,
    );
    expect(status?.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(137);
  });

  test('a container that ends badly is started again under OnFailure', async () => {
    const volume = { volumes: [{ name: 'v', emptyDir: {} }] };
    const container = shell('test -e /data/once || { touch /data/once; exit 1; }', {
      volumeMounts: [{ name: 'v', mountPath: '/data' }],
    });
    const name = await create({ restartPolicy: 'OnFailure', ...volume, containers: [container] });
    const { status } = await cluster.ended(name);
    expect(status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1 } },
    });
  });

  test('a port another Pod holds keeps a Pod unscheduled until it is free', async () => {
    const ports = [{ containerPort: 18099 }];
    const first = await create({ containers: [shell('sleep 60', { ports })] });
    await cluster.podWhen(first, ({ status }) => status?.phase === 'Running');
    const second = await create({ containers: [shell('true', { ports })] });
    const { status } = await cluster.podWhen(
      second,
      (pod) => pod.status?.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false,
    );
    expect(status?.conditions?.[0]?.message).toContain("didn't have free ports");
    await cluster.remove(first, { gracePeriodSeconds: 0 });
    expect((await cluster.ended(second)).status?.phase).toBe('Succeeded');
  });

  test('labels and annotations are followed by downward API files', async () => {
    const items = [{ path: 'note', fieldRef: { fieldPath: "metadata.annotations['note']" } }];
    const name = await create(
      {
        volumes: [{ name: 'v', downwardAPI: { items } }],
        containers: [
          shell('until [ "$(cat /info/note)" = new ]; do sleep 0.02; done; echo seen', {
            volumeMounts: [{ name: 'v', mountPath: '/info' }],
          }),
        ],
      },
      { annotations: { note: 'old' } },
    );
    await cluster.podWhen(name, ({ status }) => status?.phase === 'Running');
    await annotate(name, { note: 'new' });
    await cluster.ended(name);
    expect(await cluster.log(name, 'main')).toBe('seen\n');
  });

  test('processes that left their session end with the container', async () => {
    const marker = `${isolation}-${process.pid}-escapee`;
    const name = await create({ containers: [shell(`setsid sh -c 'sleep 300 # ${marker}' & sleep 0.1; true`)] });
    await cluster.ended(name);
    const alive = fs
      .readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .filter((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker);
        } catch {
          return false;
        }
      });
    expect(alive).toEqual([]);
  });
});
