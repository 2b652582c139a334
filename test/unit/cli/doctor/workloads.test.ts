import { describe, expect, test } from '@jest/globals';

import {
  checkDeployments,
  checkExport,
  checkLeader,
  checkPods,
  collectorOf,
} from '../../../../cli/doctor/workloads.ts';
import { clusterOf, deployment, HELM_UPGRADE } from './cluster-of.ts';

describe('Pods', () => {
  const PODS = '/api/v1/namespaces/tracing/pods';
  const none = deployment('webhook', 0);

  test('are ready, all of them or some', async () => {
    expect(await checkPods(clusterOf({}), deployment('webhook', 2))).toMatchObject({ state: 'ok' });
    expect(await checkPods(clusterOf({}), deployment('webhook', 1))).toMatchObject({
      state: 'warning',
      text: 'tracing/tektrace-webhook: 1 of 2 Pods is ready',
    });
  });

  test('that were scaled away are scaled back', async () => {
    expect(await checkPods(clusterOf({}), deployment('webhook', 0, 0))).toMatchObject({
      state: 'failed',
      text: 'tracing/tektrace-webhook is scaled to 0 Pods',
      remedy: 'kubectl scale deployment -n tracing tektrace-webhook --replicas=2',
    });
  });

  test.each<[string, object, string]>([
    [
      'an image that can’t be pulled',
      {
        containerStatuses: [
          { state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off: tektrace:0.1.0' } } },
        ],
      },
      'ImagePullBackOff: Back-off: tektrace:0.1.0',
    ],
    [
      'no node',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'Insufficient cpu' }] },
      'Unschedulable: Insufficient cpu',
    ],
  ])('are not ready, with Kubernetes’ reason: %s', async (_what, status, reason) => {
    const found = await checkPods(clusterOf({ [PODS]: { items: [{ status }] } }), none);
    expect(found).toMatchObject({
      state: 'failed',
      text: `tracing/tektrace-webhook: none of 2 Pods is ready: ${reason}`,
    });
    expect(found.remedy).toContain(
      reason.startsWith('Image')
        ? `${HELM_UPGRADE} --set image.repository=REGISTRY/tektrace`
        : 'kubectl describe pods -n tracing',
    );
  });

  test('that can’t be made are explained by the Deployment', async () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }];
    const refused = { ...none, status: { conditions } };
    expect((await checkPods(clusterOf({ [PODS]: 403 }), refused)).text).toMatch(/ready: exceeded quota$/);
  });
});

describe('the leader', () => {
  const nowMs = Date.parse('2026-03-01T00:00:00Z');
  const LEASE = '/apis/coordination.k8s.io/v1/namespaces/tracing/leases/tektrace-controller';
  const leads = (spec: object | undefined) =>
    checkLeader(clusterOf({ [LEASE]: { spec } }), deployment('controller', 2), nowMs);

  test('has renewed its Lease', async () => {
    expect(await leads({ holderIdentity: 'a', renewTime: '2026-02-28T23:59:55.000000Z' })).toEqual([]);
  });

  test.each([
    [undefined, 'none has ever led'],
    [{ holderIdentity: '' }, 'none has ever led'],
    [{ holderIdentity: 'a', renewTime: '2026-02-28T23:55:00.000000Z' }, 'the last one renewed its Lease 300 s ago'],
  ])('is not there with the Lease %j', async (spec, since) => {
    expect(await leads(spec)).toMatchObject([
      {
        state: 'failed',
        text: `no controller of tracing/tektrace-controller leads, so no spans are sent: ${since}`,
        remedy: expect.stringMatching(
          /kubectl logs -n tracing -l \S+component=controller --prefix --tail=100; /,
        ) as unknown as string,
      },
    ]);
  });

  test('holds the Lease that the controller was told', async () => {
    const named = deployment('controller', 2, 2, ['--leader-elect-resource-name=other']);
    const path = LEASE.replace('tektrace-controller', 'other');
    expect(await checkLeader(clusterOf({ [path]: {} }), named, nowMs)).toHaveLength(1);
    expect(await checkLeader(clusterOf({ [path]: 403 }), named, nowMs)).toEqual([]);
  });
});

describe('the controller’s collector', () => {
  const controller = (args: string[], env: { name: string; value?: string }[] = []) =>
    deployment('controller', 2, 2, args, env);

  test.each<[string, ReturnType<typeof controller>, string | undefined]>([
    [
      'is its option, without credentials',
      controller(['--jaeger-collector-url=http://u:p@a:4318/v1/traces']),
      'http://a:4318/v1/traces',
    ],
    [
      'is a variable',
      controller([], [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://b:4318' }]),
      'http://b:4318/',
    ],
    [
      'is a variable of elsewhere',
      controller([], [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT' }]),
      'what OTEL_EXPORTER_OTLP_ENDPOINT names',
    ],
    ['is none', controller(['--manage=none']), undefined],
    [
      'is none while the SDK is disabled',
      controller(['--jaeger-collector-url=http://a:4318'], [{ name: 'OTEL_SDK_DISABLED', value: 'true' }]),
      undefined,
    ],
  ])('%s', (_what, one, url) => {
    expect(collectorOf(one)).toBe(url);
  });

  test('has to be there', () => {
    expect(checkExport(controller([]))).toEqual({
      ...{ state: 'failed', about: 'export' },
      text: 'tracing/tektrace-controller has no collector: no span leaves it',
      remedy: `${HELM_UPGRADE} --set jaegerCollectorUrl=http://HOST:4318/v1/traces`,
    });
  });
});

test('a release that is installed by half lacks a Deployment; outside of the cluster there is none', () => {
  const [webhook, controller] = [deployment('webhook', 2), deployment('controller', 2)];
  expect(checkDeployments([webhook, controller], true, undefined)).toEqual([]);
  expect(checkDeployments([webhook], true, webhook)).toMatchObject([
    { state: 'failed', about: 'controller', remedy: HELM_UPGRADE },
  ]);
  expect(checkDeployments([], true, webhook)).toMatchObject([{ about: 'webhook' }, { about: 'controller' }]);
  expect(checkDeployments([], false, undefined)).toMatchObject([{ state: 'unknown', about: 'controller' }]);
});
