import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { CONFIGMAPS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { finding, isUnread, read, readable } from './finding.ts';
import type { Finding } from './finding.ts';
import { nameOf, optionOf, shownUrl } from './installation.ts';
import type { Deployment, Installation } from './installation.ts';

export const INSTALL_TEKTON =
  'install Tekton Pipelines 0.44 or newer, or the chart with crds.install=true and controller.manage=all';

const ABOUT = 'Tekton';
const KINDS = ['PipelineRun', 'TaskRun', 'Pipeline', 'Task'];
const NAMESPACE = 'tekton-pipelines';

/** Whether the cluster serves Tekton's kinds, and which version of Tekton Pipelines it has. */
export async function checkTekton(client: KubeClient): Promise<Finding> {
  const list = await read<{ resources?: { kind: string }[] }>(client, '/apis/tekton.dev/v1');
  if (list === 'forbidden') return finding('unknown', ABOUT, 'this user may not ask which kinds the cluster serves');
  const served = new Set(isUnread(list) ? [] : list.resources?.map(({ kind }) => kind));
  const missing = KINDS.filter((kind) => !served.has(kind));
  if (missing.length > 0) {
    const group = await readable<{ versions?: { version: string }[] }>(client, '/apis/tekton.dev');
    const versions = group?.versions?.map(({ version }) => version) ?? [];
    return finding(
      'failed',
      ABOUT,
      `${client.server} does not serve ${missing.join(', ')} of tekton.dev/v1${versions.length > 0 ? `, only ${versions.join(', ')}` : ''}`,
      versions.includes('v1beta1') && !versions.includes('v1')
        ? 'upgrade Tekton Pipelines to 0.44 or newer'
        : INSTALL_TEKTON,
    );
  }
  // Where upstream's release writes its version (config/config-info.yaml).
  const info = resourcePath(CONFIGMAPS, { namespace: NAMESPACE, name: 'pipelines-info' });
  const version = (await readable<{ data?: { version?: string } }>(client, info))?.data?.version;
  return version === undefined
    ? finding('ok', ABOUT, 'serves tekton.dev/v1; no ConfigMap tekton-pipelines/pipelines-info tells its version')
    : finding('ok', ABOUT, `Tekton Pipelines ${version} serves tekton.dev/v1`);
}

/** Upstream's Deployments, by the labels of its releases. */
const SELECTOR = 'app.kubernetes.io/part-of=tekton-pipelines,app.kubernetes.io/component in (controller,webhook)';

function stopped(deployment: Deployment): Finding {
  const { namespace, name } = deployment.metadata;
  const [component, effect] = name?.includes('webhook')
    ? ['webhook', 'no run can be created']
    : ['controller', 'runs are created, and stay without a start'];
  return finding(
    'failed',
    `${ABOUT} ${component}`,
    `${nameOf(deployment)}: none of ${deployment.spec?.replicas ?? 1} Pods is ready: ${effect}`,
    deployment.spec?.replicas === 0
      ? `kubectl scale deployment -n ${namespace} ${name} --replicas=1`
      : `kubectl describe pods -n ${namespace}; kubectl logs -n ${namespace} deployment/${name}`,
  );
}

/** Whether Tekton's own controller and webhook run, where they are what executes the runs. */
async function checkExecution(client: KubeClient, { deployments }: Installation): Promise<Finding[]> {
  const list = await readable<{ items: Deployment[] }>(client, '/apis/apps/v1/deployments', {
    labelSelector: SELECTOR,
  });
  if (!list) return [];
  const down = list.items.filter(({ status }) => (status?.readyReplicas ?? 0) === 0);
  if (list.items.length > 0) return down.map(stopped);
  const ours = isUnread(deployments) ? [] : deployments;
  const manages = ours.flatMap((one) => optionOf(one, 'manage') ?? []);
  if (manages.length === 0 || manages.includes('all')) return [];
  return [
    finding(
      'warning',
      `${ABOUT} controller`,
      'no Deployment of Tekton Pipelines is there, and Tektrace does not execute runs itself (controller.manage)',
      INSTALL_TEKTON,
    ),
  ];
}

/** That Tekton sends spans of its own, too. They join the trace of a run; whether they come to the same Jaeger can't be seen. */
async function checkOwnTracing(client: KubeClient): Promise<Finding[]> {
  const path = resourcePath(CONFIGMAPS, { namespace: NAMESPACE, name: 'config-tracing' });
  const data = (await readable<{ data?: { enabled?: string; endpoint?: string } }>(client, path))?.data;
  if (data?.enabled?.toLowerCase() !== 'true' || !data.endpoint) return [];
  return [
    finding(
      'ok',
      `${ABOUT} tracing`,
      `is on, too: Tekton sends the spans of its reconciles to ${shownUrl(data.endpoint)}; they join each run's trace where both lead to the same Jaeger`,
    ),
  ];
}

/** What of Tekton itself runs: its controller and webhook, and its own tracing. */
export async function checkTektonRuns(client: KubeClient, installation: Installation): Promise<Finding[]> {
  return [...(await checkExecution(client, installation)), ...(await checkOwnTracing(client))];
}
