import { deepEqual, equal, match, ok } from 'node:assert/strict';

import { lease, pod, secret } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

const event = (name: string, namespace: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name },
  involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'a', namespace, uid: 'u-1' },
  reason: 'Tested',
  message: 'It was tested.',
  type: 'Normal',
  source: { component: 'conformance' },
  firstTimestamp: '2030-01-01T00:00:00Z',
  lastTimestamp: '2030-01-01T00:00:05Z',
  count: 2,
  ...more,
});

export const core = area('core objects', {
  'the log of a Pod that is on no node is empty': async (s) => {
    await s.unrecorded.post('pods', pod('a'));
    equal((await s.get('pods/a/log')).status, 204);
    equal((await s.get('pods/a/log?container=none')).status, 400);
    equal((await s.get('pods/none/log')).status, 404);
  },
  'a Lease has times of exactly six decimals': async (s) => {
    const times = { acquireTime: '2030-01-02T03:04:05.123456Z', renewTime: '2030-01-02T03:04:06.000000Z' };
    const spec = { holderIdentity: 'me', leaseDurationSeconds: 15, leaseTransitions: 1, ...times };
    const { status, body } = await s.post('leases', lease('a', spec));
    equal(status, 201);
    equal(body.spec.renewTime, '2030-01-02T03:04:06.000000Z');
  },
  'other precisions of a Lease': async (s) => {
    for (const [name, renewTime] of Object.entries({
      seconds: '2030-01-02T03:04:05Z',
      millis: '2030-01-02T03:04:05.123Z',
      nanos: '2030-01-02T03:04:05.123456789Z',
      zone: '2030-01-02T03:04:05.123456+02:00',
      none: 'soon',
      empty: '',
    }))
      await s.post('leases', lease(name, { renewTime }));
    await s.unrecorded.post('leases', lease('b'));
    await s.patch('leases/b', 'merge', { spec: { renewTime: '2030-01-02T03:04:05.123Z' } });
  },
  'what a Lease can not be': async (s) => {
    equal((await s.post('leases', lease('a', { leaseDurationSeconds: 0 }))).status, 422);
    equal((await s.post('leases', lease('a', { leaseTransitions: -1 }))).status, 422);
    equal((await s.post('leases', lease('a', { leaseDurationSeconds: 'x' }))).status, 400);
  },
  'a Lease changes hands by version': async (s) => {
    const { body } = await s.post('leases', lease('a', { holderIdentity: 'one' }));
    equal((await s.put('leases/a', { ...body, spec: { holderIdentity: 'two' } })).status, 200);
    equal((await s.put('leases/a', { ...body, spec: { holderIdentity: 'three' } })).status, 409);
    await s.get('leases/a');
  },
  'an Event is kept as it is given': async (s) => {
    const { status, body } = await s.post('events', event('a', s.namespace));
    equal(status, 201);
    equal(body.count, 2);
    await s.patch('events/a', 'merge', { count: 3, lastTimestamp: '2030-01-01T00:01:00Z' });
  },
  'an Event of the newer kind': async (s) => {
    const newer = {
      eventTime: '2030-01-01T00:00:00.123456Z',
      reportingComponent: 'example.dev/conformance',
      reportingInstance: 'conformance-1',
      action: 'Testing',
      source: undefined,
      count: undefined,
      firstTimestamp: undefined,
      lastTimestamp: undefined,
    };
    equal((await s.post('events', event('a', s.namespace, newer))).status, 201);
    await s.post('events', event('b', s.namespace, { ...newer, action: undefined }));
    await s.post('events', event('c', s.namespace, { ...newer, reportingInstance: '' }));
  },
  'an Event is in the namespace of what it is about': async (s) => {
    const involvedObject = { kind: 'Pod', name: 'a', namespace: 'default' };
    equal((await s.post('events', event('a', s.namespace, { involvedObject }))).status, 422);
  },
  'Events are selected by what they are about': async (s) => {
    await s.unrecorded.post('events', event('a', s.namespace));
    await s.unrecorded.post('events', event('b', s.namespace, { reason: 'Other', type: 'Warning' }));
    for (const selector of [
      'involvedObject.name=a,reason=Other',
      'type=Normal',
      'source=conformance',
      'involvedObject.uid=u-1',
    ])
      await s.get(`events?fieldSelector=${encodeURIComponent(selector)}`);
  },
  'stringData of a Secret is written, never read': async (s) => {
    const { body } = await s.post(
      'secrets',
      secret('a', { stringData: { a: 'text', b: 'ä' }, data: { a: 'eA==', c: 'eQ==' } }),
    );
    equal(body.stringData, undefined);
    equal(Buffer.from(body.data.a, 'base64').toString(), 'text');
    const patched = await s.patch('secrets/a', 'merge', { stringData: { c: 'new' } });
    equal(Buffer.from(patched.body.data.c, 'base64').toString(), 'new');
    equal(body.type, 'Opaque');
  },
  'a namespace has its label, finalizer and phase': async (s) => {
    const name = `${s.namespace}-own`;
    const { body } = await s.post('/api/v1/namespaces', { metadata: { name } });
    equal(body.metadata.labels['kubernetes.io/metadata.name'], name);
    equal(body.status.phase, 'Active');
    deepEqual(body.spec.finalizers, ['kubernetes']);
    const patched = await s.patch(`/api/v1/namespaces/${name}`, 'merge', { metadata: { labels: { x: 'y' } } });
    equal(patched.body.metadata.labels.x, 'y');
    await s.patch(`/api/v1/namespaces/${name}`, 'merge', {
      metadata: { labels: { 'kubernetes.io/metadata.name': 'z' } },
    });
    await s.unrecorded.delete(`/api/v1/namespaces/${name}`);
  },
  'names of namespaces are labels': async (s) => {
    for (const name of ['with.dot', 'Upper', 'x'.repeat(64)])
      equal((await s.post('/api/v1/namespaces', { metadata: { name } })).status, 422, name);
  },
  'a namespace of the system is not deleted': async (s) => {
    equal((await s.delete('/api/v1/namespaces/default')).status, 403);
    equal((await s.delete('/api/v1/namespaces/kube-system')).status, 403);
  },
  'a namespace is furnished with an account and the authority': async (s) => {
    await s.get('serviceaccounts/default');
    // Its annotation is a text for people.
    const { body } = await s.unrecorded.get('configmaps/kube-root-ca.crt');
    s.record('data', body.data);
    match(body.data['ca.crt'], /BEGIN CERTIFICATE/);
  },
  'a ServiceAccount has tokens': async (s) => {
    await s.post('serviceaccounts', { metadata: { name: 'robot' } });
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
    const { status, body } = await s.unrecorded.post('serviceaccounts/robot/token', request);
    equal(status, 201);
    ok(body.status.token);
    equal(body.spec.expirationSeconds, 600);
    const headers = { authorization: `Bearer ${body.status.token}` };
    s.record('kind', [body.kind, body.apiVersion, Object.keys(body.status).sort()]);
    equal((await s.unrecorded.post('serviceaccounts/none/token', request)).status, 404);
    await s.post('serviceaccounts/robot/token', { ...request, spec: { expirationSeconds: 1 } });
    ok(headers);
  },
  'a claim starts as Pending': async (s) => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    const { body } = await s.post('persistentvolumeclaims', { metadata: { name: 'a' }, spec });
    equal(body.status.phase, 'Pending');
    equal(body.spec.volumeMode, 'Filesystem');
    await s.post('persistentvolumeclaims', { metadata: { name: 'b' }, spec: {} });
    await s.delete('persistentvolumeclaims/a');
    await s.eventually('persistentvolumeclaims/a', (answer) => answer.status === 404);
  },
  'a Pod is bound to a node once': async (s) => {
    await s.post('pods', pod('a'));
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'a' },
      target: { kind: 'Node', name: 'node-a' },
    };
    equal((await s.post('pods/a/binding', binding)).status, 201);
    equal((await s.get('pods/a')).body.spec.nodeName, 'node-a');
    equal((await s.post('pods/a/binding', binding)).status, 409);
    await s.post('pods/none/binding', binding);
  },
  'a Node has a status': async (s) => {
    const path = `/api/v1/nodes/own-${s.namespace}`;
    // Taints are a controller's affair.
    await s.unrecorded.post('/api/v1/nodes', { metadata: { name: `own-${s.namespace}` } });
    const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    const { body } = await s.unrecorded.patch(`${path}/status`, 'strategic', ready);
    s.record('status', body.status);
    equal(body.status.conditions.length, 1);
    await s.delete(path);
  },
});
