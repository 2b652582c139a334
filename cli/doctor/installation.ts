import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { publicUrl } from '../../shared/tracing/exporters/sink.ts';
import { chartFolder } from '../chart-folder.ts';
import { finding, isUnread, read } from './finding.ts';
import type { Finding, Unread } from './finding.ts';

export interface Deployment extends KubeObject {
  spec?: {
    replicas?: number;
    selector?: { matchLabels?: Record<string, string> };
    template?: {
      spec?: {
        serviceAccountName?: string;
        containers?: { args?: string[]; env?: { name: string; value?: string }[] }[];
      };
    };
  };
  status?: { readyReplicas?: number; conditions?: { type: string; status: string; message?: string }[] };
}

export interface Webhook {
  name: string;
  clientConfig?: {
    caBundle?: string;
    url?: string;
    service?: { namespace: string; name: string; port?: number };
  };
  namespaceSelector?: {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
  failurePolicy?: string;
  timeoutSeconds?: number;
}

export interface WebhookConfiguration extends KubeObject {
  webhooks?: Webhook[];
}

/** What the cluster has of Tektrace. */
export interface Installation {
  configurations: WebhookConfiguration[] | Unread;
  deployments: Deployment[] | Unread;
}

/** Throws what the client throws, but for missing rights. */
export async function readInstallation(client: KubeClient): Promise<Installation> {
  const [configurations, deployments] = await Promise.all([
    read<{ items: WebhookConfiguration[] }>(client, resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS)),
    read<{ items: Deployment[] }>(client, '/apis/apps/v1/deployments', {
      labelSelector: 'app.kubernetes.io/part-of=tektrace',
    }),
  ]);
  return {
    configurations: isUnread(configurations)
      ? configurations
      : configurations.items.filter(({ webhooks = [] }) => webhooks.some(({ name }) => name.endsWith('.tektrace.dev'))),
    deployments: isUnread(deployments) ? deployments : deployments.items,
  };
}

export const nameOf = ({ metadata: { namespace, name = '' } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

export const componentOf = ({ metadata }: KubeObject): string => metadata.labels?.['app.kubernetes.io/component'] ?? '';

/** The values of an option of the container, as the chart writes it: `--name=VALUE`. */
export function optionsOf({ spec }: Deployment, name: string): string[] {
  const args = spec?.template?.spec?.containers?.flatMap((container) => container.args ?? []) ?? [];
  return args.filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.slice(name.length + 3));
}
export const optionOf = (deployment: Deployment, name: string): string | undefined => optionsOf(deployment, name)[0];

/** An endpoint of the cluster, without credentials. */
export function shownUrl(text: string): string {
  const url = /^https?:/i.test(text) ? URL.parse(text) : null;
  return url ? publicUrl(url) : 'an endpoint that is no http URL';
}

interface Release {
  release: string;
  namespace: string;
}

/** The Helm release that an object is of. */
function releaseOf(object: KubeObject | undefined): Release | undefined {
  const annotations = object?.metadata.annotations ?? {};
  const release = annotations['meta.helm.sh/release-name'];
  const namespace = annotations['meta.helm.sh/release-namespace'];
  return release === undefined || namespace === undefined ? undefined : { release, namespace };
}

/** The chart, as a path from where the user stands. */
function chart(): string {
  const folder = chartFolder();
  return folder ? path.relative(process.cwd(), fileURLToPath(folder)) || '.' : 'helm/tektrace';
}

/** The command that puts the object's release as the chart has it, with `settings` on top of its values. Values that a newer chart has got have their defaults. */
export function helmUpgrade(object: KubeObject | undefined, settings = ''): string {
  const of = releaseOf(object);
  const suffix = settings === '' ? '' : ` ${settings}`;
  return of === undefined
    ? `helm upgrade --install tektrace ${chart()} -n tektrace --create-namespace${suffix}`
    : `helm upgrade ${of.release} ${chart()} -n ${of.namespace} --reset-then-reuse-values${suffix}`;
}

/** The command that sends a span from the cluster. */
export function helmTest(object: KubeObject): string {
  const { release, namespace } = releaseOf(object) ?? { release: 'tektrace', namespace: object.metadata.namespace };
  return `helm test ${release} -n ${namespace}`;
}

/** That there is one installation, and not a second one beside it. */
export function checkInstallations({ configurations }: Installation): Finding[] {
  if (isUnread(configurations))
    return [finding('unknown', 'webhook configuration', 'this user may not list MutatingWebhookConfigurations')];
  if (configurations.length === 0)
    return [
      finding(
        'failed',
        'webhook configuration',
        'no MutatingWebhookConfiguration has a webhook of Tektrace',
        `install the chart, or repair it: ${helmUpgrade(undefined)}`,
      ),
    ];
  if (configurations.length === 1) return [];
  const uninstalls = configurations.map((one) => {
    const of = releaseOf(one);
    return of === undefined
      ? `kubectl delete mutatingwebhookconfiguration ${one.metadata.name}`
      : `helm uninstall ${of.release} -n ${of.namespace}`;
  });
  return [
    finding(
      'warning',
      'installations',
      `there are ${configurations.length}, with the webhook configurations ${configurations.map(nameOf).join(' and ')}: each sends the spans of every run`,
      `remove all but one: ${uninstalls.join(', or ')}`,
    ),
  ];
}
