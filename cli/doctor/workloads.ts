import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Lease } from '../../shared/kubernetes/lease.ts';
import { LEASES, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { finding, readable } from './finding.ts';
import type { Finding } from './finding.ts';
import { componentOf, helmUpgrade, nameOf, optionOf, shownUrl } from './installation.ts';
import type { Deployment } from './installation.ts';

interface Pod extends KubeObject {
  status?: {
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: { state?: { waiting?: { reason?: string; message?: string } } }[];
  };
}

const MAX_REASON = 200;

/** Names the Pods of a Deployment of the chart. `kubectl logs deployment/NAME` reads one of them, and a kubectl before 1.32 has no --all-pods. */
const podsOf = (deployment: Deployment): string =>
  `-n ${deployment.metadata.namespace} -l app.kubernetes.io/part-of=tektrace,app.kubernetes.io/component=${componentOf(deployment)}`;
/** Without --tail, a selector gives ten lines of each Pod. */
const logsOf = (deployment: Deployment): string => `kubectl logs ${podsOf(deployment)} --prefix --tail=100`;

/** Why no Pod of the Deployment is ready, in Kubernetes' words, if it says so. */
async function reasonOf(client: KubeClient, { metadata, spec, status }: Deployment): Promise<string | undefined> {
  const failure = status?.conditions?.find((one) => one.type === 'ReplicaFailure' && one.status === 'True')?.message;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const pods = await readable<{ items: Pod[] }>(client, `/api/v1/namespaces/${metadata.namespace}/pods`, {
    labelSelector: labels.join(','),
  });
  const waiting = pods?.items.flatMap(({ status: pod }) => [
    ...(pod?.conditions?.filter((one) => one.type === 'PodScheduled' && one.status === 'False') ?? []),
    ...(pod?.containerStatuses?.flatMap(({ state }) => state?.waiting ?? []) ?? []),
  ]);
  const [first] = waiting ?? [];
  const reason = failure ?? (first && [first.reason, first.message].filter(Boolean).join(': '));
  return reason?.slice(0, MAX_REASON);
}

/** Whether the Deployment's Pods are ready, and why they are not. */
export async function checkPods(client: KubeClient, deployment: Deployment): Promise<Finding> {
  const { metadata, spec, status } = deployment;
  const [ready, wanted] = [status?.readyReplicas ?? 0, spec?.replicas ?? 1];
  const component = componentOf(deployment);
  const name = nameOf(deployment);
  if (ready > 0 && ready >= wanted) return finding('ok', component, `${name}: ${ready} of ${wanted} Pods are ready`);
  if (wanted === 0)
    return finding(
      'failed',
      component,
      `${name} is scaled to 0 Pods`,
      `kubectl scale deployment -n ${metadata.namespace} ${metadata.name} --replicas=2`,
    );
  const reason = await reasonOf(client, deployment);
  return finding(
    ready > 0 ? 'warning' : 'failed',
    component,
    `${name}: ${ready === 0 ? 'none' : ready} of ${wanted} Pods ${ready > 1 ? 'are' : 'is'} ready${reason === undefined ? '' : `: ${reason}`}`,
    /image/i.test(reason ?? '')
      ? `name an image that the nodes can pull: ${helmUpgrade(deployment, '--set image.repository=REGISTRY/tektrace')}`
      : `kubectl describe pods ${podsOf(deployment)}; ${logsOf(deployment)}`,
  );
}

/** Longer without renewal, and no controller leads: a lease is for 15 s, and another controller takes it after 20 s at most. */
const RENEWED_WITHIN_MS = 60_000;

/** Whether one of the controllers leads, by the cluster's clock. Only the leader sends spans. */
export async function checkLeader(client: KubeClient, controller: Deployment, clusterMs: number): Promise<Finding[]> {
  const { namespace, name } = controller.metadata;
  const lease = { namespace, name: optionOf(controller, 'leader-elect-resource-name') ?? name };
  const found = await readable<Lease>(client, resourcePath(LEASES, lease));
  if (!found) return [];
  const { holderIdentity = '', renewTime = '' } = found.spec ?? {};
  const agoMs = clusterMs - Date.parse(renewTime);
  if (holderIdentity !== '' && agoMs <= RENEWED_WITHIN_MS) return [];
  const since = Number.isNaN(agoMs)
    ? 'none has ever led'
    : `the last one renewed its Lease ${Math.round(agoMs / 1000)} s ago`;
  return [
    finding(
      'failed',
      'leader',
      `no controller of ${nameOf(controller)} leads, so no spans are sent: ${since}`,
      `see why: ${logsOf(controller)}; its Role and RoleBinding: ${helmUpgrade(controller)}`,
    ),
  ];
}

/** Where the controller sends spans: its option, else OpenTelemetry's variables. Undefined if nowhere. */
export function collectorOf(controller: Deployment): string | undefined {
  const env = controller.spec?.template?.spec?.containers?.flatMap((container) => container.env ?? []) ?? [];
  const variable = (name: string): string | undefined => env.find((one) => one.name === name)?.value;
  if (variable('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const url = optionOf(controller, 'jaeger-collector-url');
  if (url !== undefined) return shownUrl(url);
  const found = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT']
    .map((name) => env.find((one) => one.name === name))
    .find((one) => one !== undefined);
  return found && (found.value === undefined ? `what ${found.name} names` : shownUrl(found.value));
}

/** Whether the controller has a collector to send to. */
export function checkExport(controller: Deployment): Finding {
  const url = collectorOf(controller);
  if (url !== undefined) return finding('ok', 'export', `${nameOf(controller)} sends spans to ${url}`);
  return finding(
    'failed',
    'export',
    `${nameOf(controller)} has no collector: no span leaves it`,
    helmUpgrade(controller, '--set jaegerCollectorUrl=http://HOST:4318/v1/traces'),
  );
}

/** The chart's Deployments that have to be there and are not. */
export function checkDeployments(
  deployments: Deployment[],
  isInCluster: boolean,
  owner: KubeObject | undefined,
): Finding[] {
  const missing = ['webhook', 'controller'].filter((one) => !deployments.some((it) => componentOf(it) === one));
  if (missing.length === 0) return [];
  if (!isInCluster && deployments.length === 0)
    return [
      finding(
        'unknown',
        'controller',
        'it runs outside of the cluster, as in tektrace up, and can’t be checked from here',
      ),
    ];
  return missing.map((component) =>
    finding(
      'failed',
      component,
      'the chart’s Deployment is not there: the release is not completely installed',
      helmUpgrade(owner ?? deployments[0]),
    ),
  );
}
