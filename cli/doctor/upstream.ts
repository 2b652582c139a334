import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { CONFIGMAPS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { UPSTREAM_CONTROLLERS } from '../upstream-controllers.ts';
import { finding, isUnread, readable } from './finding.ts';
import type { Finding } from './finding.ts';
import { componentOf, helmUpgrade, nameOf, optionOf, optionsOf, shownUrl } from './installation.ts';
import type { Deployment, Installation } from './installation.ts';
import { INSTALL_TEKTON, NAMESPACE } from './tekton.ts';

const CONTROLLER = 'Tekton controller';
/** Upstream's Deployments, by the labels of its releases. */
const SELECTOR = 'app.kubernetes.io/part-of=tekton-pipelines,app.kubernetes.io/component in (controller,webhook)';

function stopped(deployment: Deployment): Finding {
  const { namespace, name } = deployment.metadata;
  const [component, effect] =
    componentOf(deployment) === 'webhook'
      ? ['webhook', 'no run can be created']
      : ['controller', 'runs are created, and stay without a start'];
  return finding(
    'failed',
    `Tekton ${component}`,
    `${nameOf(deployment)}: none of ${deployment.spec?.replicas ?? 1} Pods is ready: ${effect}`,
    deployment.spec?.replicas === 0
      ? `kubectl scale deployment -n ${namespace} ${name} --replicas=1`
      : `kubectl describe pods -n ${namespace}; kubectl logs -n ${namespace} deployment/${name}`,
  );
}

/** Whether the webhook lets what Tekton's controller creates join the traces of its runs. */
function checkTrust(controller: Deployment, webhook: Deployment): Finding[] {
  const account = controller.spec?.template?.spec?.serviceAccountName ?? 'default';
  const user = `system:serviceaccount:${controller.metadata.namespace}:${account}`;
  const others = optionsOf(webhook, 'trusted-requester');
  if ([...UPSTREAM_CONTROLLERS, ...others].includes(user)) return [];
  return [
    finding(
      'warning',
      CONTROLLER,
      `the webhook does not trust ${user}: each TaskRun that it creates has a trace of its own`,
      helmUpgrade(webhook, `--set 'webhook.trustedRequesters={${[...others, user].join(',')}}'`),
    ),
  ];
}

/** Whether Tekton's own controller and webhook run, where they are what executes the runs, and are trusted. */
function checkExecution(upstream: Deployment[], { deployments }: Installation): Finding[] {
  const ours = isUnread(deployments) ? [] : deployments;
  const manages = ours.flatMap((one) => optionOf(one, 'manage') ?? []);
  if (upstream.length === 0 && manages.length > 0 && !manages.includes('all'))
    return [
      finding(
        'warning',
        CONTROLLER,
        'no Deployment of Tekton Pipelines is there, and Tektrace does not execute runs itself (controller.manage)',
        INSTALL_TEKTON,
      ),
    ];
  const controller = upstream.find((one) => componentOf(one) === 'controller');
  const webhook = ours.find((one) => componentOf(one) === 'webhook');
  return [
    ...upstream.filter(({ status }) => (status?.readyReplicas ?? 0) === 0).map(stopped),
    ...(controller && webhook ? checkTrust(controller, webhook) : []),
  ];
}

/** That Tekton sends spans of its own, too. They join the trace of a run; whether they come to the same Jaeger can't be seen. */
async function checkOwnTracing(client: KubeClient, namespace: string): Promise<Finding[]> {
  const path = resourcePath(CONFIGMAPS, { namespace, name: 'config-tracing' });
  const data = (await readable<{ data?: { enabled?: string; endpoint?: string } }>(client, path))?.data;
  if (data?.enabled?.toLowerCase() !== 'true' || !data.endpoint) return [];
  return [
    finding(
      'ok',
      'Tekton tracing',
      `is on, too: Tekton sends the spans of its reconciles to ${shownUrl(data.endpoint)}; they join each run's trace where both lead to the same Jaeger`,
    ),
  ];
}

/** What of Tekton itself runs: its controller and webhook, and its own tracing. */
export async function checkTektonRuns(client: KubeClient, installation: Installation): Promise<Finding[]> {
  const list = await readable<{ items: Deployment[] }>(client, '/apis/apps/v1/deployments', {
    labelSelector: SELECTOR,
  });
  const namespace = list?.items[0]?.metadata.namespace ?? NAMESPACE;
  return [...(list ? checkExecution(list.items, installation) : []), ...(await checkOwnTracing(client, namespace))];
}
