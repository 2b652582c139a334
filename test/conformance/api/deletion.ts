import { deepEqual, equal, ok } from 'node:assert/strict';

import { configMap, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

const finalizers = ['example.dev/hold'];

export const deletion = area('deletion', {
  'answers with a Status that names the object': async (s) => {
    await s.post('configmaps', configMap('a'));
    const { status, body } = await s.delete('configmaps/a');
    equal(status, 200);
    equal(body.status, 'Success');
    equal((await s.get('configmaps/a')).status, 404);
    equal((await s.delete('configmaps/a')).status, 404);
  },
  'of a custom resource answers with a Status': async (s) => {
    await s.post('widgets', widget('a'));
    equal((await s.delete('widgets/a')).body.details.group, 'example.dev');
    equal((await s.delete('widgets/a')).status, 404);
  },
  'a finalizer keeps the object, marked': async (s) => {
    await s.post('configmaps', configMap('a', { finalizers }));
    const { body } = await s.delete('configmaps/a');
    ok(body.metadata.deletionTimestamp);
    equal(body.metadata.deletionGracePeriodSeconds, 0);
    const again = await s.delete('configmaps/a');
    equal(again.body.metadata.resourceVersion, body.metadata.resourceVersion);
    equal((await s.post('configmaps', configMap('a'))).status, 409);
    equal((await s.patch('configmaps/a', 'merge', { metadata: { finalizers: null } })).status, 200);
    equal((await s.get('configmaps/a')).status, 404);
  },
  'a finalizer keeps a custom resource, whose generation moves on': async (s) => {
    await s.post('widgets', widget('a', {}, { finalizers }));
    equal((await s.delete('widgets/a')).body.metadata.generation, 2);
    await s.put('widgets/a', {
      ...(await s.get('widgets/a')).body,
      metadata: { ...(await s.get('widgets/a')).body.metadata, finalizers: [] },
    });
    equal((await s.get('widgets/a')).status, 404);
  },
  'no finalizer may be added to what is being deleted': async (s) => {
    await s.post('configmaps', configMap('a', { finalizers }));
    await s.delete('configmaps/a');
    const more = { metadata: { finalizers: [...finalizers, 'example.dev/more'] } };
    equal((await s.patch('configmaps/a', 'merge', more)).status, 422);
    equal((await s.patch('configmaps/a', 'merge', { data: { still: 'changes' } })).status, 200);
  },
  'a finalizer is a qualified name': async (s) => {
    equal((await s.post('configmaps', configMap('a', { finalizers: ['not qualified'] }))).status, 422);
    await s.post('configmaps', configMap('b', { finalizers: ['plain'] }));
    await s.post('widgets', widget('b', {}, { finalizers: ['plain'] }));
  },
  'what is being deleted keeps its mark whatever is written': async (s) => {
    await s.post('configmaps', configMap('a', { finalizers }));
    const { body } = await s.delete('configmaps/a');
    await s.put('configmaps/a', configMap('a', { finalizers }));
    const { body: after } = await s.get('configmaps/a');
    equal(after.metadata.deletionTimestamp, body.metadata.deletionTimestamp);
  },
  'preconditions: another uid is 409': async (s) => {
    await s.post('configmaps', configMap('a'));
    const uid = '11111111-2222-3333-4444-555555555555';
    equal((await s.delete('configmaps/a', { body: { preconditions: { uid } } })).status, 409);
    await s.post('widgets', widget('a'));
    equal((await s.delete('widgets/a', { body: { preconditions: { uid } } })).status, 409);
  },
  'preconditions: an old version is 409': async (s) => {
    const { body } = await s.post('configmaps', configMap('a'));
    await s.patch('configmaps/a', 'merge', { data: { x: '1' } });
    const { resourceVersion, uid } = body.metadata;
    equal((await s.delete('configmaps/a', { body: { preconditions: { resourceVersion } } })).status, 409);
    equal((await s.delete('configmaps/a', { body: { preconditions: { uid } } })).status, 200);
  },
  'a Pod that runs nowhere goes at once': async (s) => {
    await s.post('pods', pod('a'));
    const { body } = await s.delete('pods/a');
    equal(body.kind, 'Pod');
    equal((await s.get('pods/a')).status, 404);
  },
  'a Pod on a node has its grace period': async (s) => {
    await s.post('pods', pod('a', {}, { nodeName: 'node-a' }));
    const { status, body } = await s.delete('pods/a');
    equal(status, 200);
    equal(body.metadata.deletionGracePeriodSeconds, 30);
    equal((await s.get('pods/a')).status, 200);
    const shorter = await s.delete('pods/a?gracePeriodSeconds=5');
    equal(shorter.body.metadata.deletionGracePeriodSeconds, 5);
    equal((await s.delete('pods/a?gracePeriodSeconds=0')).status, 200);
    equal((await s.get('pods/a')).status, 404);
  },
  "a Pod's own grace period, and one asked for in the body": async (s) => {
    await s.post('pods', pod('a', {}, { nodeName: 'node-a', terminationGracePeriodSeconds: 7 }));
    equal((await s.delete('pods/a')).body.metadata.deletionGracePeriodSeconds, 7);
    await s.post('pods', pod('b', {}, { nodeName: 'node-a' }));
    equal((await s.delete('pods/b', { body: { gracePeriodSeconds: 3 } })).body.metadata.deletionGracePeriodSeconds, 3);
  },
  'a Pod on a node with a finalizer stays when its grace is over': async (s) => {
    await s.post('pods', pod('a', { finalizers }, { nodeName: 'node-a' }));
    await s.delete('pods/a');
    const { body } = await s.delete('pods/a?gracePeriodSeconds=0');
    equal(body.metadata.deletionGracePeriodSeconds, 0);
    equal((await s.patch('pods/a', 'json', [{ op: 'remove', path: '/metadata/finalizers' }])).status, 200);
    equal((await s.get('pods/a')).status, 404);
  },
  'a Pod that has ended goes at once': async (s) => {
    await s.post('pods', pod('a', {}, { nodeName: 'node-a' }));
    await s.patch('pods/a/status', 'merge', { status: { phase: 'Succeeded' } });
    await s.delete('pods/a');
    await s.get('pods/a');
  },
  'a finalizer of a custom resource should have a domain': async (s) => {
    await s.post('widgets', widget('a', {}, { finalizers: ['x', 'b.c', 'a/b', 'orphan'] }));
    await s.patch('widgets/a', 'merge', { metadata: { finalizers: ['x', 'y'] } });
    await s.patch('widgets/a', 'merge', { metadata: { finalizers: [] } });
  },
  'options that are none are refused': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.delete('configmaps/a', { body: { propagationPolicy: 'Sideways' } })).status, 422);
    await s.delete('configmaps/a?gracePeriodSeconds=x');
    await s.delete('configmaps/a', { body: { gracePeriodSeconds: -1 } });
    await s.post('configmaps', configMap('b'));
    equal(
      (await s.delete('configmaps/b', { body: { orphanDependents: true, propagationPolicy: 'Orphan' } })).status,
      422,
    );
    equal((await s.delete('configmaps/b', { body: { dryRun: ['Some'] } })).status, 422);
    equal((await s.delete('configmaps/b', { body: { kind: 'Pod', apiVersion: 'v1' } })).status, 400);
  },
  'options may say what they are': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.delete('configmaps/a', { body: { kind: 'DeleteOptions', apiVersion: 'v1' } })).status, 200);
    await s.post('widgets', widget('a'));
    const apiVersion = 'example.dev/v1';
    equal((await s.delete('widgets/a', { body: { kind: 'DeleteOptions', apiVersion } })).status, 200);
  },
  'dry run deletes nothing': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.delete('configmaps/a?dryRun=All')).status, 200);
    equal((await s.delete('configmaps/a', { body: { dryRun: ['All'] } })).status, 200);
    equal((await s.get('configmaps/a')).status, 200);
  },
  'of a collection takes what the selector chooses': async (s) => {
    for (const [name, x] of Object.entries({ a: '1', b: '2', c: '1' }))
      await s.unrecorded.post('configmaps', configMap(name, { labels: { x } }));
    const { status, body } = await s.delete('configmaps?labelSelector=x%3D1');
    equal(status, 200);
    equal(body.kind, 'ConfigMapList');
    deepEqual((await s.get('configmaps?labelSelector=x')).body.items.length, 1);
  },
  'of a collection of custom resources': async (s) => {
    for (const name of ['a', 'b'])
      await s.unrecorded.post('widgets', widget(name, {}, name === 'b' ? { finalizers } : {}));
    await s.delete('widgets');
    deepEqual((await s.get('widgets')).body.items.length, 1);
  },
  'of a collection with dry run': async (s) => {
    await s.unrecorded.post('secrets', secret('a'));
    await s.delete('secrets?dryRun=All');
    equal((await s.get('secrets')).body.items.length, 1);
  },
  'of a collection of Pods on a node marks them': async (s) => {
    await s.unrecorded.post('pods', pod('a', {}, { nodeName: 'node-a' }));
    await s.delete('pods');
    ok((await s.get('pods/a')).body.metadata.deletionTimestamp);
  },
  'of a collection over all namespaces is 405': async (s) => {
    equal((await s.delete('/api/v1/configmaps?labelSelector=none')).status, 405);
  },
});
