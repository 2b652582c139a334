import { deepEqual, equal, notEqual } from 'node:assert/strict';

import { configMap, lease, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

export const update = area('update', {
  'replaces everything and moves the version on': async (s) => {
    const made = await s.post('configmaps', configMap('a', { labels: { x: 'y' } }));
    const { status, body } = await s.put('configmaps/a', configMap('a', {}, { other: '1' }));
    equal(status, 200);
    deepEqual(body.data, { other: '1' });
    equal(body.metadata.labels, undefined);
    equal(body.metadata.uid, made.body.metadata.uid);
    notEqual(body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  },
  'without a change keeps the version': async (s) => {
    const made = await s.post('configmaps', configMap('a'));
    const { body } = await s.put('configmaps/a', configMap('a'));
    equal(body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  },
  'of an old version is 409 Conflict': async (s) => {
    const { body: old } = await s.post('configmaps', configMap('a'));
    await s.put('configmaps/a', configMap('a', {}, { other: '1' }));
    const { status, body } = await s.put('configmaps/a', old);
    equal(status, 409);
    equal(body.reason, 'Conflict');
  },
  'with the current version': async (s) => {
    const { body } = await s.post('configmaps', configMap('a'));
    equal((await s.put('configmaps/a', { ...body, data: { x: '1' } })).status, 200);
  },
  'of another uid is 409': async (s) => {
    await s.post('configmaps', configMap('a'));
    const uid = '11111111-2222-3333-4444-555555555555';
    equal((await s.put('configmaps/a', configMap('a', { uid }))).status, 409);
  },
  'of what is not there is 404': async (s) => {
    equal((await s.put('configmaps/none', configMap('none'))).status, 404);
    equal((await s.put('widgets/none', widget('none', {}, { resourceVersion: '5' }))).status, 404);
  },
  'under another name is 400': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.put('configmaps/a', configMap('b'))).status, 400);
  },
  'without a name': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.put('configmaps/a', configMap(undefined as never));
  },
  'in another namespace is 400': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.put('configmaps/a', configMap('a', { namespace: 'default' }))).status, 400);
  },
  'of a custom resource says which version it read': async (s) => {
    const { body: made } = await s.post('widgets', widget('a'));
    equal((await s.put('widgets/a', widget('a'))).status, 422);
    equal((await s.put('widgets/a', { ...made, spec: { steps: [{ name: 'two' }] } })).status, 200);
  },
  'of a Lease says which version it read': async (s) => {
    const { body: made } = await s.post('leases', lease('a', { holderIdentity: 'x' }));
    equal((await s.put('leases/a', lease('a', { holderIdentity: 'y' }))).status, 422);
    const { metadata } = made;
    equal((await s.put('leases/a', { ...lease('a', { holderIdentity: 'y' }), metadata })).status, 200);
  },
  'of a custom resource counts generations of its spec only': async (s) => {
    const { body: made } = await s.post('widgets', widget('a'));
    const labelled = await s.put('widgets/a', { ...made, metadata: { ...made.metadata, labels: { x: 'y' } } });
    equal(labelled.body.metadata.generation, 1);
    const changed = await s.put('widgets/a', { ...labelled.body, spec: { steps: [{ name: 'two' }] } });
    equal(changed.body.metadata.generation, 2);
  },
  'cannot touch what only the server sets': async (s) => {
    const { body: made } = await s.post('configmaps', configMap('a'));
    const metadata = { ...made.metadata, generation: 9, deletionTimestamp: '2001-01-01T00:00:00Z', selfLink: 'x' };
    equal((await s.put('configmaps/a', { ...made, metadata })).body.metadata.deletionTimestamp, undefined);
    const creationTimestamp = '2001-01-01T00:00:00Z';
    await s.put('configmaps/a', { ...made, metadata: { ...made.metadata, creationTimestamp } });
  },
  'of a Pod may change its image and little else': async (s) => {
    const { body: made } = await s.post('pods', pod('a'));
    const image = { ...made.spec.containers[0], image: 'busybox:1.37' };
    equal((await s.put('pods/a', { ...made, spec: { ...made.spec, containers: [image] } })).status, 200);
    const renamed = await s.patch('pods/a', 'json', [{ op: 'add', path: '/spec/hostname', value: 'other' }]);
    equal(renamed.status, 422);
  },
  'of an immutable ConfigMap or Secret is refused': async (s) => {
    await s.post('configmaps', { ...configMap('a'), immutable: true });
    equal((await s.put('configmaps/a', { ...configMap('a', {}, { other: '1' }), immutable: true })).status, 422);
    equal((await s.put('configmaps/a', configMap('a'))).status, 422);
    await s.post('secrets', secret('a', { immutable: true, data: { a: 'YQ==' } }));
    equal((await s.put('secrets/a', secret('a', { data: { a: 'Yg==' } }))).status, 422);
  },
  "of a Secret's type is refused": async (s) => {
    await s.post('secrets', secret('a'));
    equal((await s.put('secrets/a', secret('a', { type: 'example.dev/other' }))).status, 422);
  },
  'is not created by PUT, even with a resourceVersion of 0': async (s) => {
    equal((await s.put('configmaps/a', configMap('a', { resourceVersion: '0' }))).status, 404);
  },
  'invalid resourceVersion': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.put('configmaps/a', configMap('a', { resourceVersion: 'abc' }));
  },
});
