import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { finding, readable } from './finding.ts';
import type { Finding } from './finding.ts';

interface Deployment extends KubeObject {
  spec?: { replicas?: number; template?: { spec?: { serviceAccountName?: string } } };
  status?: { readyReplicas?: number };
}

const SELECTOR = 'app.kubernetes.io/part-of=tektrace';

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

const componentOf = ({ metadata }: Deployment): string => metadata.labels?.['app.kubernetes.io/component'] ?? '';

/** The RIGHTS that the service account does not have. Undefined if this user may not ask. */
async function missingRights(client: KubeClient, user: string): Promise<Right[] | undefined> {
  const missing: Right[] = [];
  try {
    for (const right of RIGHTS) {
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
      if (status?.allowed !== true) missing.push(right);
    }
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
  return missing;
}

function pods(component: string, { metadata, spec, status }: Deployment): Finding {
  const [ready, wanted] = [status?.readyReplicas ?? 0, spec?.replicas ?? 1];
  const name = `${metadata.namespace}/${metadata.name}`;
  if (ready > 0)
    return finding(ready < wanted ? 'warning' : 'ok', component, `${name}: ${ready} of ${wanted} Pods are ready`);
  return finding(
    'failed',
    component,
    `${name}: none of ${wanted} Pods is ready`,
    `kubectl describe pods -n ${metadata.namespace} -l app.kubernetes.io/component=${component}`,
  );
}

function rightsFinding(account: string, missing: Right[] | undefined): Finding {
  if (missing === undefined)
    return finding('unknown', 'rights', 'this user may not ask for the rights of others (create subjectaccessreviews)');
  if (missing.length === 0)
    return finding(
      'ok',
      'rights',
      `the service account ${account} may read and mark runs, and all that their traces show`,
    );
  const isTraced = missing.every(({ optional }) => optional);
  const named = missing.map(({ verb, resource, name }) => [verb, resource, name].filter(Boolean).join(' '));
  return finding(
    isTraced ? 'warning' : 'failed',
    'rights',
    `the service account ${account} may not ${named.join(', ')}${isTraced ? ': traces or Events lack what these are for' : ''}`,
    "restore the chart's ClusterRole and its binding: helm upgrade",
  );
}

/** Whether the Deployments of the chart run, and whether the controller has its rights. */
export async function checkInstallation(client: KubeClient): Promise<Finding[]> {
  const list = await readable<{ items: Deployment[] }>(client, '/apis/apps/v1/deployments', {
    labelSelector: SELECTOR,
  });
  if (!list) return [finding('unknown', 'controller', 'this user may not list Deployments')];
  const controller = list.items.find((one) => componentOf(one) === 'controller');
  const webhook = list.items.find((one) => componentOf(one) === 'webhook');
  if (!controller)
    return [
      finding(
        'warning',
        'controller',
        'no Deployment of the chart has it: it runs outside, as in tektrace up, or not at all',
      ),
      ...(webhook ? [pods('webhook', webhook)] : []),
    ];
  const account = `${controller.metadata.namespace}:${controller.spec?.template?.spec?.serviceAccountName ?? 'default'}`;
  const missing = await missingRights(client, `system:serviceaccount:${account}`);
  return [
    ...(webhook ? [pods('webhook', webhook)] : []),
    pods('controller', controller),
    rightsFinding(account, missing),
  ];
}
