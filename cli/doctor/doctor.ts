import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { sentence } from '../errors.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkAdmission } from './probe.ts';
import { checkInstallation } from './rights.ts';
import { checkTekton } from './tekton.ts';
import { checkConfiguration } from './webhook.ts';

export interface DoctorOptions {
  client: KubeClient;
  /** Where the probe is created by dry run. */
  namespace: string;
  /** Sends a span of that trace. Undefined if no collector is named. */
  sendSpan: ((traceId: string) => Promise<string>) | undefined;
  /** For a probe without a context. */
  newTraceId: () => string;
  now: () => number;
}

/** The check's findings; an error of it is one that failed. */
async function safely(about: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [finding('failed', about, sentence(error))];
  }
}

async function checkCluster(client: KubeClient): Promise<Finding> {
  try {
    const { gitVersion } = await client.request<{ gitVersion: string }>('GET', '/version');
    return finding('ok', 'cluster', `${client.server} is Kubernetes ${gitVersion}`);
  } catch (error) {
    return finding(
      'failed',
      'cluster',
      `${client.server} does not answer: ${sentence(error)}`,
      'see that kubectl reaches the cluster with this kubeconfig',
    );
  }
}

async function checkCollector({ sendSpan }: DoctorOptions, traceId: string): Promise<Finding> {
  if (!sendSpan) return finding('unknown', 'collector', 'none was named: --jaeger-collector-url URL sends it a span');
  try {
    return finding('ok', 'collector', `${await sendSpan(traceId)} accepted a span`);
  } catch (error) {
    return finding(
      'failed',
      'collector',
      `it did not accept a span: ${sentence(error)}`,
      'see that it listens there for this protocol (OTLP: port 4318 or 4317; Thrift: 14268)',
    );
  }
}

/** Looks at everything that a traced run needs, in the order in which a run meets it. Nothing is stored in the cluster. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { client, namespace, newTraceId, now } = options;
  const cluster = await checkCluster(client);
  if (cluster.state === 'failed') return [cluster, await checkCollector(options, newTraceId())];
  const tekton = await safely('Tekton', async () => [await checkTekton(client)]);
  const configuration = await safely('webhook', async () => [await checkConfiguration(client, now())]);
  let traceId: string | undefined;
  const canProbe = tekton.every(({ state }) => state !== 'failed');
  const admission = !canProbe
    ? []
    : await safely('webhook', async () => {
        const admitted = await checkAdmission(client, namespace, now);
        traceId = admitted.traceId;
        return admitted.findings;
      });
  const installation = await safely('controller', () => checkInstallation(client));
  const collector = await checkCollector(options, traceId ?? newTraceId());
  return [cluster, ...tekton, ...configuration, ...admission, ...installation, collector];
}
