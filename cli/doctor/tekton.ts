import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { CONFIGMAPS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { finding, readable } from './finding.ts';
import type { Finding } from './finding.ts';

export const INSTALL_TEKTON =
  'install Tekton Pipelines 0.44 or newer, or the chart with crds.install=true and controller.manage=all';

const KINDS = ['PipelineRun', 'TaskRun', 'Pipeline', 'Task'];
/** Where upstream's release writes its version (config/config-info.yaml). */
const INFO = resourcePath(CONFIGMAPS, { namespace: 'tekton-pipelines', name: 'pipelines-info' });

/** Whether the cluster serves Tekton's kinds, and which version of Tekton Pipelines it has. */
export async function checkTekton(client: KubeClient): Promise<Finding> {
  const list = await readable<{ resources?: { kind: string }[] }>(client, '/apis/tekton.dev/v1');
  const served = new Set(list?.resources?.map(({ kind }) => kind));
  const missing = KINDS.filter((kind) => !served.has(kind));
  if (missing.length > 0)
    return finding(
      'failed',
      'Tekton',
      `${client.server} does not serve ${missing.join(', ')} of tekton.dev/v1`,
      INSTALL_TEKTON,
    );
  const info = await readable<{ data?: { version?: string } }>(client, INFO);
  const version = info?.data?.version;
  return version === undefined
    ? finding('ok', 'Tekton', 'serves tekton.dev/v1; no ConfigMap tekton-pipelines/pipelines-info tells its version')
    : finding('ok', 'Tekton', `Tekton Pipelines ${version} serves tekton.dev/v1`);
}
