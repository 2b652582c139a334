import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { CONFIGMAPS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { finding, isUnread, read, readable } from './finding.ts';
import type { Finding } from './finding.ts';

export const INSTALL_TEKTON =
  'install Tekton Pipelines 0.44 or newer, or the chart with crds.install=true and controller.manage=all';

const ABOUT = 'Tekton';
const KINDS = ['PipelineRun', 'TaskRun', 'Pipeline', 'Task'];
/** Where upstream's releases install it. */
export const NAMESPACE = 'tekton-pipelines';

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
