import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { commandsBelow, runCommand } from '../support/doc-commands.ts';
import { peerProgram } from './support/binaries.ts';
import { runPeer } from './support/command.ts';
import { everyValue, valueSets } from './support/chart-values.ts';
import { untilDescribed } from './support/described.ts';
import { chart, helm } from './support/helm.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';

const run = promisify(execFile);

/** Kinds of the Prometheus operator and of cert-manager, without their schemas: what may be in them is not checked here. */
const othersKinds = [
  { group: 'monitoring.coreos.com', kind: 'ServiceMonitor' },
  { group: 'monitoring.coreos.com', kind: 'PrometheusRule' },
  { group: 'cert-manager.io', kind: 'Certificate' },
  { group: 'cert-manager.io', kind: 'Issuer' },
].map(({ group, kind }) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural: `${kind.toLowerCase()}s` },
    versions: [
      {
        name: 'v1',
        ...{ served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}));

/** Pods that the restricted Pod security standard refuses are refused, and Deployments of such Pods give a warning. */
const namespaces = ['tracing', 'ci', 'tracing-test'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' },
  },
}));

const priorityClass = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: everyValue.priorityClassName },
  value: 1000,
};

describe('what each set of values renders to is accepted by the real kube-apiserver', () => {
  let server: KubeApiserver;
  let directory: string;
  /** Standard error: the API server's warnings. Throws what it refuses. */
  const apply = async (file: string, ...flags: string[]): Promise<string> => {
    const args = [`--kubeconfig=${server.kubeconfigPath}`, 'apply', '--filename', file, '--validate=strict', ...flags];
    return (await run(peerProgram('kubectl'), args)).stderr;
  };
  beforeAll(async () => {
    server = await startKubeApiserver();
    directory = await mkdtemp(join(tmpdir(), 'tektrace-matrix-'));
    const file = join(directory, 'before.json');
    await writeFile(
      file,
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...othersKinds, ...namespaces, priorityClass] }),
    );
    await apply(file, '--server-side');
    await untilDescribed(server.kubeconfigPath, othersKinds);
  }, 300_000);
  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test.each(Object.entries(valueSets))('%s', async (_name, values) => {
    const file = join(directory, 'objects.yaml');
    await writeFile(file, await helm(['template', 'tektrace', chart, '--namespace', 'tracing'], values));
    expect(await apply(file, '--server-side', '--dry-run=server')).toBe('');
  });

  test('the commands of docs/install.md for plain YAML', async () => {
    const replaced = { 'tektrace.yaml': join(directory, 'plain.yaml') };
    for (const command of await commandsBelow('docs/install.md', 'Plain YAML'))
      await runCommand(command, { kubeconfigPath: server.kubeconfigPath, replaced });
    const inNamespace = ['--namespace=tektrace', 'get', 'deployments', '--output=name'];
    expect(await runPeer('kubectl', [`--kubeconfig=${server.kubeconfigPath}`, ...inNamespace])).toBe(
      'deployment.apps/tektrace-controller\ndeployment.apps/tektrace-webhook\n',
    );
  });
});
