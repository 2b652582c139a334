import { expect, test } from '@jest/globals';

import { checkRights, checkWebhookRights } from '../../../../cli/doctor/rights.ts';
import { clusterOf, deployment, HELM_UPGRADE } from './cluster-of.ts';

interface Asked {
  user: string;
  resourceAttributes: { verb: string; resource: string; name?: string };
}
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const without = (refused: (right: Asked['resourceAttributes']) => boolean) =>
  clusterOf({
    [REVIEWS]: (body: unknown) => {
      const { user, resourceAttributes } = (body as { spec: Asked }).spec;
      return { status: { allowed: user === 'system:serviceaccount:tracing:watcher' && !refused(resourceAttributes) } };
    },
  });
const controller = deployment('controller', 2);

test('the controller has all rights', async () => {
  expect(
    await checkRights(
      without(() => false),
      controller,
    ),
  ).toMatchObject({ state: 'ok' });
});

test('those of runs, Pods and namespaces have to be there', async () => {
  expect(
    await checkRights(
      without(({ name }) => name === 'kube-system'),
      controller,
    ),
  ).toMatchObject({
    state: 'failed',
    text: 'the service account tracing:watcher may not get namespaces kube-system',
    remedy: `restore the chart's ClusterRole and its binding: ${HELM_UPGRADE}`,
  });
});

test('what only adds to a trace gives a warning', async () => {
  expect(
    await checkRights(
      without(({ resource }) => resource === 'customruns'),
      controller,
    ),
  ).toMatchObject({
    state: 'warning',
    text: 'the service account tracing:watcher may not list customruns, watch customruns: traces or Events lack what these are for',
  });
});

test('the webhook has to be able to publish its authority in its own configuration', async () => {
  const webhook = deployment('webhook', 2, 2, ['--configuration-name=ours']);
  expect(
    await checkWebhookRights(
      without(() => false),
      webhook,
    ),
  ).toMatchObject({ state: 'ok' });
  expect(
    await checkWebhookRights(
      without(({ verb }) => verb === 'patch'),
      webhook,
    ),
  ).toMatchObject({
    state: 'failed',
    text: 'the service account tracing:watcher may not patch mutatingwebhookconfigurations ours',
  });
});

test('a user who may not ask is told so', async () => {
  expect(await checkRights(clusterOf({ [REVIEWS]: 403 }), controller)).toMatchObject({ state: 'unknown' });
});
