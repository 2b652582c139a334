import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { JAEGER_IMAGE } from './images/catalog.ts';

const NAMESPACE = 'jaeger';
const OTLP_PORT = 4318;
const QUERY_PORT = 16686;
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

export interface ClusterJaeger {
  /** Of the collector, for Pods. */
  otlpUrl: string;
  /** Of the collector, for programs of this machine. */
  nodeOtlpUrl: string;
  /** Of the query service, for this machine. */
  queryUrl: string;
}

/** Without a batch processor a span can be read as soon as it was accepted. */
const configuration = {
  service: {
    extensions: ['jaeger_storage', 'jaeger_query'],
    pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
    telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
  },
  extensions: {
    jaeger_storage: { backends: { memory: { memory: { max_traces: 10_000 } } } },
    jaeger_query: { storage: { traces: 'memory' }, http: { endpoint: `0.0.0.0:${QUERY_PORT}` } },
  },
  receivers: { otlp: { protocols: { http: { endpoint: `0.0.0.0:${OTLP_PORT}` } } } },
  exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
};

function objects(): [collection: string, object: object][] {
  const labels = { app: 'jaeger' };
  const metadata = { name: 'jaeger', namespace: NAMESPACE, labels };
  const restricted = {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const container = {
    name: 'jaeger',
    image: JAEGER_IMAGE,
    args: ['--config=/config/jaeger.json'],
    ports: [{ containerPort: OTLP_PORT }, { containerPort: QUERY_PORT }],
    readinessProbe: { httpGet: { path: '/', port: QUERY_PORT }, periodSeconds: 1 },
    securityContext: restricted,
    volumeMounts: [{ name: 'config', mountPath: '/config' }],
  };
  const ports = [
    { name: 'otlp', port: OTLP_PORT },
    { name: 'query', port: QUERY_PORT },
  ];
  return [
    ['/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }],
    [
      `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'jaeger.json': JSON.stringify(configuration) } },
    ],
    [
      `/api/v1/namespaces/${NAMESPACE}/services`,
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'NodePort', selector: labels, ports } },
    ],
    [
      `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [container], volumes: [{ name: 'config', configMap: { name: 'jaeger' } }] },
          },
        },
      },
    ],
  ];
}

interface Service {
  spec: { clusterIP: string; ports: { name: string; nodePort: number }[] };
}

/** Runs Jaeger, with an empty store in memory, as a Pod of the whole cluster, and waits until it answers. */
export async function installJaeger(client: KubeClient, nodeAddress: string): Promise<ClusterJaeger> {
  for (const [collection, object] of objects()) await client.request('POST', collection, { body: object });
  const { spec } = await client.request<Service>('GET', `/api/v1/namespaces/${NAMESPACE}/services/jaeger`);
  const onNode = (wanted: string): string =>
    `http://${nodeAddress}:${spec.ports.find(({ name }) => name === wanted)?.nodePort}`;
  const queryUrl = onNode('query');
  const nodeOtlpUrl = `${onNode('otlp')}/v1/traces`;
  const answers = (url: string, request: RequestInit = {}): Promise<boolean> =>
    fetch(url, request).then(
      ({ ok }) => ok,
      () => false,
    );
  const noSpans = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
  const deadline = Date.now() + READY_TIMEOUT_MS;
  // The NodePorts are there when its Pod is ready and kube-proxy knows. It takes spans some time after it answers queries.
  for (;;) {
    if ((await answers(`${queryUrl}/api/services`)) && (await answers(nodeOtlpUrl, noSpans)))
      return { otlpUrl: `http://${spec.clusterIP}:${OTLP_PORT}/v1/traces`, nodeOtlpUrl, queryUrl };
    if (Date.now() > deadline) throw new Error(`Jaeger does not answer at ${queryUrl}`);
    await delay(POLL_MS);
  }
}
