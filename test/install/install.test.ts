import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { PIPELINE_RUNS, PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../shared/kubernetes/types.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { pipelineRunSpan } from '../../shared/tracing/run-context.ts';
import { cli } from '../e2e/support/cli.ts';
import { startWholeCluster } from '../clusters/whole/cluster.ts';
import type { WholeCluster } from '../clusters/whole/cluster.ts';
import { installJaeger } from '../clusters/whole/jaeger.ts';
import type { ClusterJaeger } from '../clusters/whole/jaeger.ts';
import { provideRequirements } from '../clusters/whole/requirements.ts';
import { runPeer } from '../peers/support/command.ts';
import { chart, renderChart } from '../peers/support/helm.ts';
import { readTrace } from '../peers/support/jaeger-trace.ts';
import { until } from '../peers/support/until.ts';
import { commandsBelow, runCommand } from '../support/doc-commands.ts';
import { startCreateLoad } from './support/create-load.ts';
import { lifecycleTree } from '../whole-cluster/support/lifecycle.ts';
import { startPrometheus } from './support/prometheus.ts';
import type { Prometheus } from './support/prometheus.ts';
import { installTekton } from './support/tekton.ts';

const namespace = 'tektrace';
const UP_TIMEOUT_MS = 400_000;
const STEP_TIMEOUT_MS = 300_000;
/** 20 creations a second. */
const CREATE_EVERY_MS = 50;
const FIRST_RUNS = 20;

/** The commands of the documents, in the order in which a user runs them; each test is a step of the whole. */
describe('beside an upstream Tekton from its own YAML, with the commands of docs/install.md and docs/upgrade.md', () => {
  let cluster: WholeCluster;
  let jaeger: ClusterJaeger;
  let directory: string;
  let prometheus: Prometheus | undefined;
  let before: string[];
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${cluster.kubeconfigPath}`, ...args], { timeoutMs: STEP_TIMEOUT_MS });
  const documented = async (command: string): Promise<string> => {
    const replaced = {
      // The cluster has no DNS, and no registry: the image was imported under the name that the chart has by default.
      'http://jaeger-collector.jaeger:4318/v1/traces': jaeger.otlpUrl,
      'registry.example.com/tektrace': 'docker.io/library/tektrace',
    };
    return runCommand(command, { kubeconfigPath: cluster.kubeconfigPath, replaced });
  };
  /** Those of the release that nobody has told to end. */
  const pods = async (): Promise<KubeObject[]> => {
    const { items } = await cluster.client.request<KubeList<KubeObject>>('GET', resourcePath(PODS, { namespace }));
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  };
  /** Every object of every kind, but Events, and objects that only report on others. */
  const allObjects = async (): Promise<string[]> => {
    const kinds = (await kubectl('api-resources', '--verbs=list', '--output=name')).trim().split('\n');
    const kept = kinds.filter((kind) => !/^(events|componentstatuses|endpoints$)/.test(kind)).join(',');
    const text = await kubectl('get', kept, '--all-namespaces', '--output=name');
    return text.trim().split('\n').sort();
  };
  /** What the API server's log has of reviews that it went on without. */
  const failedOpen = async (): Promise<string[]> => {
    const log = await readFile(join(dirname(cluster.kubeconfigPath), '../logs/kube-apiserver.log'), 'utf8');
    return log.split('\n').filter((line) => line.includes('tektrace.dev') && line.includes('failing open'));
  };
  const whenExported = (name: string): Promise<PipelineRun> =>
    until(
      `the trace of ${name}`,
      async () => {
        const path = resourcePath(PIPELINE_RUNS, { namespace: 'default', name });
        const run = await cluster.client.request<PipelineRun>('GET', path);
        return run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid ? run : undefined;
      },
      STEP_TIMEOUT_MS,
    );

  beforeAll(async () => {
    await provideRequirements((line) => process.stderr.write(`${line}\n`));
    directory = await mkdtemp(join(tmpdir(), 'tektrace-install-'));
    cluster = await startWholeCluster({ withTekton: true });
    jaeger = await installJaeger(cluster.client, cluster.nodeAddress);
    await installTekton(kubectl, directory);
    before = await allObjects();
  }, UP_TIMEOUT_MS);
  afterAll(async () => {
    await prometheus?.stop();
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  }, UP_TIMEOUT_MS);

  test(
    'helm install makes every Pod ready, and helm test passes and leaves nothing',
    async () => {
      const [install = '', check = '', ...others] = await commandsBelow('docs/install.md', 'Beside Tekton');
      expect(await documented(install)).toContain('STATUS: deployed');
      const names = (await pods()).map(({ metadata }) => metadata.name?.replace(/-[^-]+-[^-]+$/, ''));
      expect(names.sort()).toEqual(
        ['controller', 'controller', 'webhook', 'webhook'].map((name) => `tektrace-${name}`),
      );
      const ran = await documented(check);
      expect(ran).toMatch(/Phase: +Succeeded/);
      expect((await pods()).filter(({ metadata }) => metadata.name === 'tektrace-test')).toEqual([]);
      const traces = await until(
        'the span of the check: Jaeger stores what it has accepted a moment later',
        async () => {
          const answer = await fetch(`${jaeger.queryUrl}/api/traces?service=tektrace&operation=tektrace%20check`);
          const { data } = (await answer.json()) as { data: unknown[] };
          return data.length > 0 ? data : undefined;
        },
      );
      expect(traces).toHaveLength(1);
      expect(others).toContain('kubectl create -f examples/build-and-test.yaml');
    },
    STEP_TIMEOUT_MS,
  );

  test(
    'tektrace doctor finds nothing wrong, and sees its span in Jaeger',
    async () => {
      const urls = ['--jaeger-collector-url', jaeger.nodeOtlpUrl, '--jaeger-query-url', jaeger.queryUrl];
      const { code, stdout } = await cli(['doctor', '--kubeconfig', cluster.kubeconfigPath, ...urls]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Nothing is wrong.') });
      expect(stdout).toMatch(/^ {2}✓ Jaeger +\S+ shows the span$/m);
    },
    STEP_TIMEOUT_MS,
  );

  test(
    'a run of upstream’s is a whole trace in Jaeger',
    async () => {
      const targets = (await pods()).map(({ metadata: { name = '' } }) => ({
        ...{ namespace, pod: name },
        job: name.replace(/-[^-]+-[^-]+$/, ''),
      }));
      const rendered = await renderChart({ metrics: { prometheusRule: { enabled: true } } });
      const rule = rendered.find(({ kind }) => kind === 'PrometheusRule') as KubeObject & { spec: object };
      prometheus = await startPrometheus(cluster.kubeconfig, targets, rule.spec);

      const create = async (example: string): Promise<string> => {
        const created = await documented(`kubectl create -f examples/${example}.yaml`);
        return /pipelinerun\.tekton\.dev\/(\S+) created/.exec(created)?.[1] ?? '';
      };
      // A counter that appears with its first value has not increased for Prometheus: so each kind of run comes twice.
      const earlier = await Promise.all([create('build-and-test'), create('failing')]);
      await Promise.all(earlier.map(whenExported));
      await until('a scrape of them', async () => {
        const counted = await prometheus?.query('sum(cicd_pipeline_run_errors_total)');
        return counted?.some(({ value }) => value === 1) || undefined;
      });
      // One that nobody starts: it is still there when Prometheus is asked.
      const waits = {
        ...{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { generateName: 'waits-' } },
        spec: { status: 'PipelineRunPending', pipelineRef: { name: 'none' } },
      };
      await cluster.client.request('POST', resourcePath(PIPELINE_RUNS, { namespace: 'default' }), { body: waits });
      const [name = '', failing = ''] = await Promise.all([create('build-and-test'), create('failing')]);
      await whenExported(failing);
      const run = await whenExported(name);
      expect(run.status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
      const trace = await until('the whole trace: Jaeger stores what it has accepted a moment later', async () => {
        const found = await readTrace(jaeger, pipelineRunSpan(run)?.traceId ?? '').catch(() => undefined);
        return found?.shown.some(({ name: of }) => of === 'RUN build-and-test') ? found : undefined;
      });
      expect(JSON.stringify(lifecycleTree(trace))).toMatch(
        /RUN build-and-test.*task lint.*task package.*task report.*task unit-test/,
      );
      const shown = await commandsBelow('docs/install.md', 'Beside Tekton');
      await until('the Event that names the trace', async () => {
        const events = await documented(shown.at(-1) ?? '');
        return events.includes(`trace ${pipelineRunSpan(run)?.traceId}`) || undefined;
      });
    },
    STEP_TIMEOUT_MS,
  );

  test(
    'each query of the dashboard gives numbers in a real Prometheus, each alert is evaluated, and none fires',
    async () => {
      const text = await readFile(join(chart, 'files/monitoring/dashboard.json'), 'utf8');
      const { panels } = JSON.parse(text) as { panels: { title: string; targets?: { expr: string }[] }[] };
      const expressions = panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => [
          title,
          expr.replaceAll('$__rate_interval', '2m').replaceAll('$__range', '10m').replaceAll('$runs', '.*'),
        ]),
      );
      expect(expressions.length).toBeGreaterThan(15);
      for (const [title = '', expression = ''] of expressions) {
        await until(
          `numbers for ${title}: ${expression}`,
          async () => {
            const samples = await prometheus?.query(expression);
            return samples?.some(({ value }) => Number.isFinite(value)) || undefined;
          },
          STEP_TIMEOUT_MS,
        );
      }
      const all = await until('an evaluation of every alert', async () => {
        const found = (await prometheus?.alerts()) ?? [];
        return found.length > 0 && found.every(({ health }) => health !== 'unknown') ? found : undefined;
      });
      expect(all.filter(({ health, state }) => health !== 'ok' || state === 'firing')).toEqual([]);
      expect(all.length).toBeGreaterThanOrEqual(10);
    },
    STEP_TIMEOUT_MS,
  );

  test(
    'an upgrade and a rollback under 20 creations a second: no error, and no run without a context',
    async () => {
      await prometheus?.stop();
      prometheus = undefined;
      const commands = await commandsBelow('docs/upgrade.md', 'Upgrade');
      expect(commands.map((command) => command.split(' ').slice(0, 2).join(' '))).toEqual([
        'helm upgrade',
        'helm upgrade',
        'helm rollback',
      ]);
      const uids = async (): Promise<(string | undefined)[]> => (await pods()).map(({ metadata }) => metadata.uid);
      const first = await uids();
      const [same = '', ...changes] = commands;
      // With the chart's two seconds a busy machine would be a fault: the API server would go on without an answer that comes late.
      await documented(`${same} --set webhook.timeoutSeconds=10`);
      const load = startCreateLoad(cluster.client, 'default', CREATE_EVERY_MS);
      await until('the first runs', async () => load.created() > FIRST_RUNS || undefined);
      for (const command of changes) await documented(command);
      const { created, unstamped, errors } = await load.stop();
      // Upstream's own webhook, which checks each run, refuses those that it has no time for.
      const ofTektrace = errors.filter((error) => !error.includes('webhook.pipeline.tekton.dev'));
      const why = unstamped.length > 0 ? await failedOpen() : [];
      expect({ unstamped, why, ofTektrace }).toEqual({ unstamped: [], why: [], ofTektrace: [] });
      expect(created).toBeGreaterThan(10 * FIRST_RUNS);
      const last = await uids();
      expect(last.filter((uid) => first.includes(uid))).toEqual([]);
    },
    STEP_TIMEOUT_MS,
  );

  test(
    'helm uninstall leaves no object, and runs go on',
    async () => {
      const [uninstall = '', remove = ''] = await commandsBelow('docs/install.md', 'Uninstall');
      await documented(uninstall);
      const own = (name: string): boolean => !before.includes(name) && /tektrace/.test(name);
      const left = await until(
        'what the cluster itself collects',
        async () => {
          const names = (await allObjects()).filter(own).filter((name) => name !== `namespace/${namespace}`);
          return names.length === 0 ? names : undefined;
        },
        STEP_TIMEOUT_MS,
      );
      expect(left).toEqual([]);
      await documented(remove);
      const created = await documented('kubectl create -f examples/failing.yaml');
      const [, name = ''] = /(pipelinerun\.tekton\.dev\/\S+) created/.exec(created) ?? [];
      await kubectl('wait', name, '--for=condition=Succeeded=False', '--timeout=120s');
    },
    STEP_TIMEOUT_MS,
  );
});
