import { matchesLabelSelector } from '../../local/apiserver/storage/label-selector.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { NAMESPACES, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { checkCertificate, WEBHOOK_LABELS } from './certificate.ts';
import { finding, isUnread, read, readable } from './finding.ts';
import type { Finding } from './finding.ts';
import { helmUpgrade, nameOf } from './installation.ts';
import type { Webhook, WebhookConfiguration } from './installation.ts';

const ABOUT = 'webhook configuration';
/** The chart's webhooks, with what a run lacks without them. */
const WEBHOOKS: Readonly<Record<string, string>> = {
  'pipelinerun.tektrace.dev': 'PipelineRuns get their trace late, by the controller',
  'taskrun.tektrace.dev': 'TaskRuns get their trace late, by the controller',
  'pod.tektrace.dev': 'steps get no TRACEPARENT',
};

function missingWebhooks(configuration: WebhookConfiguration): Finding[] {
  const there = new Set(configuration.webhooks?.map(({ name }) => name));
  const missing = Object.entries(WEBHOOKS).filter(([name]) => !there.has(name));
  if (missing.length === 0) return [];
  const names = missing.map(([name, effect]) => `${name} (${effect})`);
  return [
    finding(
      'failed',
      ABOUT,
      `${nameOf(configuration)} lacks the webhooks ${names.join(', ')}`,
      helmUpgrade(configuration),
    ),
  ];
}

/** The conditions of a selector that the labels do not meet. */
function unmet(
  { matchLabels = {}, matchExpressions = [] }: Webhook['namespaceSelector'] & {},
  labels: Labels,
): string[] {
  return [
    ...Object.entries(matchLabels)
      .filter(([key, value]) => labels[key] !== value)
      .map(([key, value]) => `${key} = ${value}`),
    ...matchExpressions
      .filter((expression) => !matchesLabelSelector({ matchExpressions: [expression] }, labels))
      .map(({ key, operator, values = [] }) => [key, operator, values.join(', ')].filter(Boolean).join(' ')),
  ];
}
type Labels = Record<string, string>;

/** Whether the webhooks are called for what is created in the namespace. */
async function excludedNamespace(
  client: KubeClient,
  configuration: WebhookConfiguration,
  namespace: string,
): Promise<Finding[]> {
  const found = await readable<KubeObject>(client, resourcePath(NAMESPACES, { name: namespace }));
  if (!found) return [];
  const labels = found.metadata.labels ?? {};
  const conditions = configuration.webhooks?.flatMap(({ namespaceSelector = {} }) => unmet(namespaceSelector, labels));
  const [condition] = conditions ?? [];
  if (condition === undefined) return [];
  return [
    finding(
      'failed',
      ABOUT,
      `${nameOf(configuration)} leaves out the namespace ${namespace}: its namespaceSelector requires ${condition}`,
      condition.startsWith('tektrace.dev/ignore ')
        ? `kubectl label namespace ${namespace} tektrace.dev/ignore-`
        : `choose a namespace whose runs are traced (--namespace NAME), or put the selector right: excludedNamespaces of the chart, ${helmUpgrade(configuration)}`,
    ),
  ];
}

interface Service extends KubeObject {
  spec?: { ports?: { port: number }[] };
}
interface EndpointSlice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[] | null;
}

/**
 * Whether the Service that the API server calls leads to a Pod. An API server may still answer over a connection that it opened before the Service
 * was broken.
 */
async function checkService(client: KubeClient, configuration: WebhookConfiguration): Promise<Finding[]> {
  const { service } = configuration.webhooks?.[0]?.clientConfig ?? {};
  if (!service) return [];
  const { namespace, name, port = 443 } = service;
  const about = 'webhook Service';
  const path = `/api/v1/namespaces/${namespace}/services/${name}`;
  const found = await read<Service>(client, path);
  if (found === 'forbidden') return [finding('unknown', about, `this user may not read Services of ${namespace}`)];
  if (found === 'absent')
    return [
      finding(
        'failed',
        about,
        `${nameOf(configuration)} calls the Service ${namespace}/${name}, which is not there`,
        helmUpgrade(configuration),
      ),
    ];
  if (!found.spec?.ports?.some((one) => one.port === port))
    return [
      finding(
        'failed',
        about,
        `${nameOf(configuration)} calls port ${port} of ${namespace}/${name}, which has only ${found.spec?.ports?.map((one) => one.port).join(', ') || 'none'}`,
        helmUpgrade(configuration),
      ),
    ];
  const slices = await read<{ items: EndpointSlice[] }>(
    client,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    { labelSelector: `kubernetes.io/service-name=${name}` },
  );
  if (isUnread(slices)) return [];
  const ready = slices.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter((one) => one.conditions?.ready !== false);
  if (ready.length > 0) return [];
  return [
    finding(
      'failed',
      about,
      `${namespace}/${name} leads to no Pod that is ready`,
      `kubectl get pods -n ${namespace} ${WEBHOOK_LABELS} --show-labels; kubectl describe service -n ${namespace} ${name}`,
    ),
  ];
}

/** Whether the API server calls Tektrace's webhooks for the namespace, where it finds them, and trusts their certificate. */
export async function checkConfiguration(
  client: KubeClient,
  configuration: WebhookConfiguration,
  namespace: string,
  nowMs: number,
): Promise<Finding[]> {
  const isStrict = configuration.webhooks?.some(({ failurePolicy }) => failurePolicy === 'Fail');
  const certificate = checkCertificate(configuration, nowMs);
  return [
    ...missingWebhooks(configuration),
    ...(await excludedNamespace(client, configuration, namespace)),
    ...(await checkService(client, configuration)),
    ...(isStrict
      ? [finding('ok', ABOUT, 'failurePolicy is Fail: while the webhook does not answer, no run can be created')]
      : []),
    certificate,
  ];
}
