import { expect, test } from '@jest/globals';

import { checkTekton } from '../../../../cli/doctor/tekton.ts';
import { checkTektonRuns } from '../../../../cli/doctor/upstream.ts';
import { clusterOf, deployment, HELM_UPGRADE } from './cluster-of.ts';

const GROUP = '/apis/tekton.dev';
const KINDS = '/apis/tekton.dev/v1';
const resources = ['PipelineRun', 'TaskRun', 'Pipeline', 'Task'].map((kind) => ({ kind }));
const INFO = '/api/v1/namespaces/tekton-pipelines/configmaps/pipelines-info';
const DEPLOYMENTS = '/apis/apps/v1/deployments';
const TRACING = '/api/v1/namespaces/tekton-pipelines/configmaps/config-tracing';

test('Tekton is there, with its version', async () => {
  const found = await checkTekton(clusterOf({ [KINDS]: { resources }, [INFO]: { data: { version: 'v1.5.0' } } }));
  expect(found).toMatchObject({ state: 'ok', text: 'Tekton Pipelines v1.5.0 serves tekton.dev/v1' });
});

test('Tekton is absent, too old, or may not be asked about', async () => {
  expect(await checkTekton(clusterOf({}))).toMatchObject({
    state: 'failed',
    text: 'https://cluster does not serve PipelineRun, TaskRun, Pipeline, Task of tekton.dev/v1',
    remedy: expect.stringContaining('install Tekton Pipelines 0.44 or newer') as unknown as string,
  });
  expect(
    await checkTekton(clusterOf({ [GROUP]: { versions: [{ version: 'v1beta1' }, { version: 'v1alpha1' }] } })),
  ).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/of tekton\.dev\/v1, only v1beta1, v1alpha1$/) as unknown as string,
    remedy: 'upgrade Tekton Pipelines to 0.44 or newer',
  });
  expect(await checkTekton(clusterOf({ [KINDS]: 403 }))).toMatchObject({ state: 'unknown' });
});

const upstream = (name: string, ready: number, replicas = 1, namespace = 'tekton-pipelines') => ({
  ...deployment('', ready, replicas),
  metadata: { namespace, name, labels: { 'app.kubernetes.io/component': name.replace('tekton-pipelines-', '') } },
});
const runs = (items: object[], manage?: string, answers: object = {}) =>
  checkTektonRuns(clusterOf({ [DEPLOYMENTS]: { items }, ...answers }), {
    configurations: [],
    deployments: manage === undefined ? [] : [deployment('controller', 2, 2, [`--manage=${manage}`])],
  });

test('Tekton’s controller and webhook have to run', async () => {
  const [controller, webhook] = ['tekton-pipelines-controller', 'tekton-pipelines-webhook'];
  expect(await runs([upstream(controller, 1), upstream(webhook, 1)], 'none')).toEqual([]);
  expect(await runs([upstream(controller, 0, 0), upstream(webhook, 0)], 'none')).toMatchObject([
    {
      ...{ state: 'failed', about: 'Tekton controller' },
      remedy: 'kubectl scale deployment -n tekton-pipelines tekton-pipelines-controller --replicas=1',
    },
    {
      ...{ state: 'failed', about: 'Tekton webhook' },
      remedy: expect.stringContaining('kubectl describe pods -n tekton-pipelines') as unknown as string,
    },
  ]);
});

test('a controller in another namespace has to be trusted by the webhook', async () => {
  const elsewhere = upstream('tekton-pipelines-controller', 1, 1, 'openshift-pipelines');
  const user = 'system:serviceaccount:openshift-pipelines:watcher';
  const trusting = (...args: string[]) =>
    checkTektonRuns(clusterOf({ [DEPLOYMENTS]: { items: [elsewhere] } }), {
      configurations: [],
      deployments: [deployment('webhook', 2, 2, args)],
    });
  expect(await trusting(`--trusted-requester=${user}`)).toEqual([]);
  expect(await trusting('--trusted-requester=ours')).toEqual([
    {
      ...{ state: 'warning', about: 'Tekton controller' },
      text: `the webhook does not trust ${user}: each TaskRun that it creates has a trace of its own`,
      remedy: `${HELM_UPGRADE} --set 'webhook.trustedRequesters={ours,${user}}'`,
    },
  ]);
});

test('where nobody executes runs there is a warning, and none where Tektrace does, or is outside', async () => {
  expect(await runs([], 'none')).toMatchObject([{ state: 'warning', about: 'Tekton controller' }]);
  for (const manage of ['all', undefined]) expect(await runs([], manage)).toEqual([]);
});

test('Tekton’s own tracing is said, without its credentials', async () => {
  const endpoint = 'http://user:secret@jaeger:4318/v1/traces';
  const data = (enabled: string, url = endpoint) => ({ [TRACING]: { data: { enabled, endpoint: url } } });
  const found = await runs([], undefined, data('true'));
  expect(found).toMatchObject([{ state: 'ok', about: 'Tekton tracing' }]);
  expect(found[0]?.text).toContain('to http://jaeger:4318/v1/traces;');
  expect(await runs([], undefined, data('false'))).toEqual([]);
  expect((await runs([], undefined, data('true', 'user:secret')))[0]?.text).not.toContain('secret');
});
