import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { helmUpgrade, optionOf } from './installation.ts';
import type { Deployment } from './installation.ts';

/** A right of the controller. */
interface Right {
  verb: string;
  group: string;
  resource: string;
  /** The only object that it is limited to. */
  name?: string;
  /** Without it runs are traced; their traces or Events lack something. */
  optional: boolean;
}

const rights = (verbs: string[], group: string, resources: string[], optional: boolean): Right[] =>
  resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource, optional })));

/** What the controller needs to trace runs that Tekton executes: the chart's ClusterRole with controller.manage=none. */
export const RIGHTS: readonly Right[] = [
  ...rights(['list', 'watch', 'patch'], 'tekton.dev', ['pipelineruns', 'taskruns'], false),
  ...rights(['list', 'watch'], '', ['pods', 'namespaces'], false),
  { verb: 'get', group: '', resource: 'namespaces', name: 'kube-system', optional: false },
  ...rights(['list', 'watch'], 'tekton.dev', ['customruns'], true),
  ...rights(['list', 'watch'], 'resolution.tekton.dev', ['resolutionrequests'], true),
  ...rights(['list', 'watch', 'create', 'patch'], '', ['events'], true),
];

/** What the webhook needs to publish its authority: the chart's ClusterRole, without its Role. */
const webhookRights = (configuration: string): Right[] =>
  ['list', 'watch', 'patch'].map((verb) => ({
    ...{ verb, group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' },
    ...{ name: configuration, optional: false },
  }));

/** Whether the user has the right. */
async function has(client: KubeClient, user: string, right: Right): Promise<boolean> {
  const { optional: _, ...resourceAttributes } = right;
  const { status } = await client.request<{ status?: { allowed?: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, resourceAttributes },
      },
    },
  );
  return status?.allowed === true;
}

/** Those of `wanted` that the user does not have. Undefined if the user of the client may not ask. */
async function missingRights(client: KubeClient, user: string, wanted: readonly Right[]): Promise<Right[] | undefined> {
  try {
    const are = await Promise.all(wanted.map((right) => has(client, user, right)));
    return wanted.filter((_, index) => !are[index]);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}

async function check(
  client: KubeClient,
  deployment: Deployment,
  wanted: readonly Right[],
  purpose: string,
): Promise<Finding> {
  const account = `${deployment.metadata.namespace}:${deployment.spec?.template?.spec?.serviceAccountName ?? 'default'}`;
  const missing = await missingRights(client, `system:serviceaccount:${account}`, wanted);
  if (missing === undefined)
    return finding('unknown', 'rights', 'this user may not ask for the rights of others (create subjectaccessreviews)');
  if (missing.length === 0) return finding('ok', 'rights', `the service account ${account} may ${purpose}`);
  const isTraced = missing.every(({ optional }) => optional);
  const named = missing.map(({ verb, resource, name }) => [verb, resource, name].filter(Boolean).join(' '));
  return finding(
    isTraced ? 'warning' : 'failed',
    'rights',
    `the service account ${account} may not ${named.join(', ')}${isTraced ? ': traces or Events lack what these are for' : ''}`,
    `restore the chart's ClusterRole and its binding: ${helmUpgrade(deployment)}`,
  );
}

/** Whether the controller's service account has its RIGHTS. */
export const checkRights = (client: KubeClient, controller: Deployment): Promise<Finding> =>
  check(client, controller, RIGHTS, 'read and mark runs, and all that their traces show');

/** Whether the webhook's service account may publish its authority. */
export const checkWebhookRights = (client: KubeClient, webhook: Deployment): Promise<Finding> =>
  check(
    client,
    webhook,
    webhookRights(optionOf(webhook, 'configuration-name') ?? webhook.metadata.name ?? ''),
    'publish its authority',
  );
