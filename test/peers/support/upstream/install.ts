import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { runPeer } from '../command.ts';

export const tektonShare = resolve(import.meta.dirname, '../../../../.peers/share/tekton');

export const TEKTON_NAMESPACE = 'tekton-pipelines';

/** What installs upstream Tekton but for its Deployments, in the order in which it is wanted. */
export const installed = /^(100-namespace|200-|201-|300-crds|config-|clusterrole-aggregate|500-webhooks)/;
/** Beside that, what its resolvers want. */
const resolversInstalled = /^resolvers\/(.*-config|config-.*|100-.*|20.-.*)\.yaml$/;

export type Manifest = KubeObject & Record<string, unknown>;

/** The objects of the files below `directory` whose paths match, in the order of the paths. */
export async function readManifests(directory: string, patterns: RegExp[]): Promise<Manifest[]> {
  const isWanted = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
  const names = (await readdir(directory, { recursive: true })).filter(isWanted).sort();
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

/** Upstream's tracing; it reads a change while it runs. */
export const tracingConfig = (endpoint: string, enabled: boolean): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'config-tracing', namespace: TEKTON_NAMESPACE },
  data: { enabled: String(enabled), endpoint },
});

/** Sets feature flags; upstream reads a change while it runs. */
function withFeatures(manifest: Manifest, features: Record<string, string>): Manifest {
  const { name, namespace } = manifest.metadata;
  if (name !== 'feature-flags' || namespace !== TEKTON_NAMESPACE) return manifest;
  return { ...manifest, data: { ...(manifest['data'] as object), ...features } };
}

export interface InstallOptions {
  kubeconfigPath: string;
  webhookPort: number;
  /** Where upstream sends its own spans. */
  otlpUrl: string;
  /** Whether it does so from the start. */
  tracing: boolean;
  /** What differs from its feature flags as they come. */
  features: Record<string, string>;
  /** Whether its resolvers of remote tasks and pipelines are installed. */
  resolvers: boolean;
  /** For a file. */
  directory: string;
}

/** Applies upstream's namespaces, roles, resource definitions, settings and webhook configurations. Its programs run outside the cluster. */
export async function installUpstream(options: InstallOptions): Promise<void> {
  const { kubeconfigPath, webhookPort, otlpUrl, tracing, features, resolvers, directory } = options;
  const patterns = resolvers ? [installed, resolversInstalled] : [installed];
  const manifests = (await readManifests(tektonShare, patterns))
    .map((manifest) => callAt(manifest, webhookPort))
    .map((manifest) => withFeatures(manifest, features));
  const others = manifests.filter(({ metadata }) => metadata.name !== 'config-tracing');
  const file = join(directory, 'tekton.json');
  const items = [...others, webhookService(webhookPort), tracingConfig(otlpUrl, tracing)];
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${kubeconfigPath}`, ...args]);
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
  const selector = '--selector=app.kubernetes.io/part-of=tekton-pipelines';
  await kubectl('wait', 'customresourcedefinitions', selector, '--for=condition=Established', '--timeout=60s');
}
