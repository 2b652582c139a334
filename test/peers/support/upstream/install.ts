import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { runPeer } from '../command.ts';

const share = resolve(import.meta.dirname, '../../../../.peers/share/tekton');

export const TEKTON_NAMESPACE = 'tekton-pipelines';

/** What installs upstream Tekton but for its Deployments, in the order in which it is wanted. */
const installed = /^(100-namespace|200-|201-|300-crds|config-|clusterrole-aggregate|500-webhooks)/;

type Manifest = KubeObject & Record<string, unknown>;

async function readManifests(directory: string): Promise<Manifest[]> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => installed.test(name)).sort();
  const texts = names.filter((name) => name.endsWith('.yaml')).map((name) => readFile(join(directory, name), 'utf8'));
  return (await Promise.all(texts))
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null))
    .filter((manifest) => manifest !== null);
}

interface ServiceReference {
  service?: { port?: number };
}

/** The API server calls upstream's webhook at `port` wherever it would call its Service. */
function callAt(manifest: Manifest, port: number): Manifest {
  const { webhooks = [] } = manifest as { webhooks?: { clientConfig: ServiceReference }[] };
  const { spec } = manifest as { spec?: { conversion?: { webhook?: { clientConfig: ServiceReference } } } };
  for (const { service } of [...webhooks, ...(spec?.conversion?.webhook ? [spec.conversion.webhook] : [])].map(
    ({ clientConfig }) => clientConfig,
  ))
    if (service !== undefined) service.port = port;
  return manifest;
}

/** knative's webhooks want a Service: one that is an alias leads the API server to this machine, where they are a process. */
const webhookService = (port: number): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'tekton-pipelines-webhook', namespace: TEKTON_NAMESPACE },
  spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ name: 'https-webhook', port }] },
});

const tracing = (endpoint: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'config-tracing', namespace: TEKTON_NAMESPACE },
  data: { enabled: 'true', endpoint },
});

export interface InstallOptions {
  kubeconfigPath: string;
  webhookPort: number;
  /** Where upstream sends its own spans. */
  otlpUrl: string;
  /** For a file. */
  directory: string;
}

/** Applies upstream's namespaces, roles, resource definitions, settings and webhook configurations. Its programs run outside the cluster. */
export async function installUpstream({
  kubeconfigPath,
  webhookPort,
  otlpUrl,
  directory,
}: InstallOptions): Promise<void> {
  const manifests = (await readManifests(share)).map((manifest) => callAt(manifest, webhookPort));
  const others = manifests.filter(({ metadata }) => metadata.name !== 'config-tracing');
  const file = join(directory, 'tekton.json');
  const items = [...others, webhookService(webhookPort), tracing(otlpUrl)];
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${kubeconfigPath}`, ...args]);
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
  const selector = '--selector=app.kubernetes.io/part-of=tekton-pipelines';
  await kubectl('wait', 'customresourcedefinitions', selector, '--for=condition=Established', '--timeout=60s');
}
