import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

import { createAuthority } from '../../certs/authority.ts';
import {
  CONFIGMAPS,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  PIPELINE_RUNS,
  resourcePath,
} from '../../shared/kubernetes/resources.ts';
import type { KubeList } from '../../shared/kubernetes/types.ts';
import { PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { furnish } from '../clusters/furnish.ts';
import { startWholeCluster } from '../clusters/whole/cluster.ts';
import type { WholeCluster } from '../clusters/whole/cluster.ts';
import { BUSYBOX_IMAGE, TEKTON_IMAGE } from '../clusters/whole/images/catalog.ts';
import { installJaeger } from '../clusters/whole/jaeger.ts';
import { provideRequirements } from '../clusters/whole/requirements.ts';
import { runPeer } from '../peers/support/command.ts';
import { helm } from '../peers/support/helm.ts';
import { readTrace } from '../peers/support/jaeger-trace.ts';
import type { JaegerTrace, ShownSpan } from '../peers/support/jaeger-trace.ts';
import { until } from '../peers/support/until.ts';
import { commandsBelow, runCommand } from '../support/doc-commands.ts';
import { startHook } from './support/hook.ts';
import { inOrder, lifecycleTree } from './support/lifecycle.ts';
import { machineState } from './support/machine.ts';

const project = resolve(import.meta.dirname, '../..');
const namespace = 'tektrace';
const DAY_MS = 24 * 3_600_000;
const UP_TIMEOUT_MS = 600_000;
const RUN_TIMEOUT_MS = 300_000;

let before: Record<string, unknown>;
beforeAll(async () => {
  await provideRequirements((line) => process.stderr.write(`${line}\n`));
  before = await machineState();
}, UP_TIMEOUT_MS);

describe('npm run cluster', () => {
  const cli = (...args: string[]): { ended: Promise<number | null>; output: () => string; kill: () => void } => {
    const child = spawn(process.execPath, [join(project, 'test/clusters/main.ts'), ...args]);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<number | null>((done, fail) => child.on('close', done).on('error', fail));
    return { ended, output: () => text, kill: () => child.kill('SIGKILL') };
  };

  test(
    'an `up` that is killed half way is ended by `down`, and nothing of it is left',
    async () => {
      const directory = join(await mkdtemp(join(tmpdir(), 'tektrace-up-')), 'cluster');
      const up = cli('up', '--directory', directory);
      await until('the API server', async () => up.output().includes('the API server answers') || undefined);
      up.kill();
      await up.ended;
      expect(await machineState()).not.toEqual(before);

      const down = cli('down', '--directory', directory);
      expect({ code: await down.ended, output: down.output() }).toEqual({ code: 0, output: 'down\n' });
      expect(await machineState()).toEqual(before);
      expect(existsSync(directory)).toBe(false);
      const status = cli('status', '--directory', directory);
      expect({ code: await status.ended, output: status.output() }).toEqual({ code: 3, output: 'down\n' });
      await rm(resolve(directory, '..'), { recursive: true });
    },
    UP_TIMEOUT_MS,
  );
});

describe('the examples on a whole real cluster, in real containers', () => {
  let cluster: WholeCluster;
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${cluster.kubeconfigPath}`, ...args], { timeoutMs: RUN_TIMEOUT_MS });
  const release = (): string[] => ['--kubeconfig', cluster.kubeconfigPath, '--namespace', namespace];

  const examples = { 'build-and-test': {} as PipelineRun, failing: {} as PipelineRun };
  const traces = { 'build-and-test': {} as JaegerTrace, failing: {} as JaegerTrace };
  let processOfController = '';
  let configurations: string[];

  const create = async (example: string): Promise<PipelineRun> => {
    const body = parse(await readFile(join(project, 'examples', `${example}.yaml`), 'utf8')) as PipelineRun;
    return cluster.client.request<PipelineRun>('POST', resourcePath(PIPELINE_RUNS, { namespace: 'default' }), { body });
  };
  const whenExported = ({ metadata: { name = '' } }: PipelineRun): Promise<PipelineRun> =>
    until(
      `the trace of ${name}`,
      async () => {
        const path = resourcePath(PIPELINE_RUNS, { namespace: 'default', name });
        const run = await cluster.client.request<PipelineRun>('GET', path);
        return run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid ? run : undefined;
      },
      RUN_TIMEOUT_MS,
    );
  const span = (trace: JaegerTrace, name: string): ShownSpan => {
    const found = trace.shown.filter((one) => one.name === name);
    expect(found.map((one) => one.name)).toEqual([name]);
    return found[0] as ShownSpan;
  };

  beforeAll(async () => {
    cluster = await startWholeCluster();
    await furnish(cluster.client, 'default');
    const jaeger = await installJaeger(cluster.client, cluster.nodeAddress);
    // No registry can be reached: the images are those that were imported.
    const programs = ['entrypoint', 'workingdirinit', 'nop'].map((name) => `controller.images.${name}=${TEKTON_IMAGE}`);
    // A busy machine is not taken for a webhook that is down.
    const values = [...programs, `controller.images.shell=${BUSYBOX_IMAGE}`, 'webhook.timeoutSeconds=20'].join(',');
    const [install = '', check = ''] = await commandsBelow('docs/install.md', 'Without Tekton');
    const replaced = {
      'http://jaeger-collector.jaeger:4318/v1/traces': jaeger.otlpUrl,
      'registry.example.com/tektrace': 'docker.io/library/tektrace',
    };
    for (const command of [`${install} --set ${values}`, check])
      await runCommand(command, { kubeconfigPath: cluster.kubeconfigPath, replaced });
    const created = { 'build-and-test': await create('build-and-test'), failing: await create('failing') };
    for (const name of ['build-and-test', 'failing'] as const) examples[name] = await whenExported(created[name]);
    processOfController = await kubectl(
      ...['-n', namespace, 'exec', 'deployment/tektrace-controller', '--', 'node', '-e'],
      `const fs = require('fs');
       const write = (path) => { try { fs.writeFileSync(path, ''); return 'written'; } catch (error) { return error.code; } };
       const status = fs.readFileSync('/proc/1/status', 'utf8');
       const field = (name) => new RegExp('^' + name + ':\\\\s+(\\\\w+)', 'm').exec(status)[1];
       console.log(JSON.stringify({ uid: field('Uid'), capabilities: field('CapEff'), noNewPrivileges: field('NoNewPrivs'), seccomp: field('Seccomp'), write: write('/app/x') }))`,
    );
    // Its controllers send what they still have before they end.
    await helm(['uninstall', 'tektrace', '--wait', '--cascade', 'foreground', '--timeout', '4m', ...release()]);
    const list = await cluster.client.request<KubeList<{ metadata: { name: string } }>>(
      'GET',
      resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS),
    );
    configurations = list.items.map(({ metadata }) => metadata.name);
    for (const name of ['build-and-test', 'failing'] as const) {
      const carrier = parseCarrier(examples[name].metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]);
      traces[name] = await readTrace(jaeger, carrier?.traceId ?? '');
    }
  }, UP_TIMEOUT_MS);
  afterAll(async () => {
    await cluster.stop();
    expect(await machineState()).toEqual(before);
  }, UP_TIMEOUT_MS);

  test('the controller is an ordinary user without capabilities, who can write nothing', () => {
    expect(JSON.parse(processOfController)).toEqual({
      uid: '65532',
      capabilities: '0000000000000000',
      noNewPrivileges: '1',
      seccomp: '2',
      write: 'EROFS',
    });
  });

  test('build-and-test succeeds with its results', () => {
    const { status } = examples['build-and-test'];
    expect(status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
    expect(status?.results).toEqual([
      { name: 'archive-digest', value: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { name: 'tests-passed', value: '6' },
    ]);
  });

  test('its trace has every wait, task, container and step, once and in its place', () => {
    const task = (name: string, below: string[]): { [name: string]: string[] } => ({
      [`task ${name}`]: ['pod scheduling', 'pod starting', 'init prepare', 'init place-scripts', ...below],
    });
    expect(lifecycleTree(traces['build-and-test'])).toEqual(
      inOrder({
        'RUN build-and-test': [
          'admission',
          'queued',
          task('lint', ['step generate', 'step check']),
          task('unit-test', ['step run']),
          task('package', ['init working-dir-initializer', 'step archive', 'step digest']),
          task('report', ['step print']),
        ],
      }),
    );
  });

  test('its steps follow each other, with what the kubelet knows of them', () => {
    const trace = traces['build-and-test'];
    const [generate, check] = [span(trace, 'step generate'), span(trace, 'step check')];
    expect(generate.startMs).toBeLessThan(generate.endMs);
    expect(generate.endMs).toBeLessThanOrEqual(check.startMs);
    expect(check.tags).toMatchObject({
      'process.exit.code': 0,
      'container.image.name': 'busybox:1.37',
      'container.image.id': expect.stringContaining('sha256:'),
    });
  });

  test('a step’s TRACEPARENT, as its log has it, is its own span', async () => {
    const trace = traces['build-and-test'];
    const name = examples['build-and-test'].metadata.name ?? '';
    const log = await kubectl('logs', `${name}-unit-test-pod`, '--container=step-run');
    const { traceId } =
      parseCarrier(examples['build-and-test'].metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]) ?? {};
    expect(log).toContain(`this step's span: 00-${traceId}-${span(trace, 'step run').spanId}-01`);
  });

  test('the failing example fails, and its trace says where', () => {
    expect(examples.failing.status?.conditions).toEqual([
      expect.objectContaining({ type: 'Succeeded', status: 'False', reason: 'Failed' }),
    ]);
    const waits = ['pod scheduling', 'pod starting', 'init prepare', 'init place-scripts'];
    expect(lifecycleTree(traces.failing)).toEqual(
      inOrder({
        'RUN failing': [
          'admission',
          'queued',
          { 'task test': [...waits, 'step prepare', 'step fail', 'step publish'] },
          'task deploy',
          { 'task report': [...waits, 'step print'] },
        ],
      }),
    );
    const result = (name: string): unknown => {
      const { tags } = span(traces.failing, name);
      return [tags['error'], tags['cicd.pipeline.task.run.result'] ?? tags['cicd.pipeline.result']];
    };
    expect(result('RUN failing')).toEqual([true, 'failure']);
    expect(result('task test')).toEqual([true, 'failure']);
    expect(result('step fail')).toEqual([true, 'failure']);
    expect(span(traces.failing, 'step fail').tags['process.exit.code']).toBe(3);
    expect(result('step publish')).toEqual([undefined, 'skip']);
    expect(result('task deploy')).toEqual([undefined, 'skip']);
    expect(result('step print')).toEqual([undefined, 'success']);
  });

  test(
    'after an uninstall builds start and go, without Tektrace',
    async () => {
      expect(configurations).toEqual([]);
      const { metadata } = await create('failing');
      expect(metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]).toBeUndefined();
      await kubectl(
        'run',
        'build',
        '--image=busybox:1.37',
        '--restart=Never',
        '--labels=tekton.dev/taskRun=x',
        '--',
        'env',
      );
      await kubectl('wait', 'pod/build', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s');
      expect(await kubectl('logs', 'build')).not.toContain('TRACEPARENT');
      await kubectl('delete', 'pipelineruns', '--all', '--timeout=120s');
      await kubectl('wait', 'taskruns', '--all', '--for=delete', '--timeout=120s');
    },
    RUN_TIMEOUT_MS,
  );

  test('the API server calls a webhook on this machine’s loopback', async () => {
    const authority = await createAuthority({ commonName: 'webhook', lifetimeMs: DAY_MS });
    const hook = await startHook(authority);
    try {
      const clientConfig = cluster.webhookClientConfig(hook.port, '/validate', authority.certPem);
      await cluster.client.request('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
        body: {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingWebhookConfiguration',
          metadata: { name: 'hook' },
          webhooks: [
            {
              name: 'hook.tektrace.test',
              clientConfig,
              rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
              failurePolicy: 'Fail',
              sideEffects: 'None',
              admissionReviewVersions: ['v1'],
            },
          ],
        },
      });
      const path = resourcePath(CONFIGMAPS, { namespace: 'default' });
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'seen-' } };
      const names = await until('a call of the webhook', async () => {
        await cluster.client.request('POST', path, { body });
        return hook.paths.length > 0 ? hook.paths : undefined;
      });
      expect(names[0]).toMatch(/^\/validate/);
    } finally {
      await hook.close();
    }
  });
});
