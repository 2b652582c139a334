import { deepEqual, equal } from 'node:assert/strict';

import { configMap, pod, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

export const patches = area('patches', {
  'JSON patch adds, replaces, moves, copies, tests and removes': async (s) => {
    await s.post('configmaps', configMap('a', {}, { one: '1', two: '2', three: '3' }));
    const { status, body } = await s.patch('configmaps/a', 'json', [
      { op: 'test', path: '/data/one', value: '1' },
      { op: 'replace', path: '/data/one', value: 'first' },
      { op: 'remove', path: '/data/two' },
      { op: 'move', from: '/data/three', path: '/data/moved' },
      { op: 'copy', from: '/data/moved', path: '/data/copied' },
      { op: 'add', path: '/metadata/labels', value: { x: 'y' } },
      { op: 'add', path: '/data/with~1slash~0', value: 'v' },
    ]);
    equal(status, 422);
    equal(body.reason, 'Invalid');
    const fixed = await s.patch('configmaps/a', 'json', [
      { op: 'test', path: '/data/one', value: '1' },
      { op: 'remove', path: '/data/two' },
      { op: 'move', from: '/data/three', path: '/data/moved' },
      { op: 'add', path: '/metadata/labels', value: { x: 'y' } },
    ]);
    deepEqual(fixed.body.data, { one: '1', moved: '3' });
  },
  'JSON patch whose test fails is 422': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.patch('configmaps/a', 'json', [{ op: 'test', path: '/data/key', value: 'x' }])).status, 422);
  },
  'JSON patch below a missing parent is 422': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.patch('configmaps/a', 'json', [{ op: 'add', path: '/metadata/labels/x', value: 'y' }])).status, 422);
    equal((await s.patch('configmaps/a', 'json', [{ op: 'remove', path: '/data/none' }])).status, 422);
  },
  'JSON patch replaces what is not there, as if it added it': async (s) => {
    await s.post('configmaps', configMap('a'));
    const { body } = await s.patch('configmaps/a', 'json', [{ op: 'replace', path: '/data/none', value: 'x' }]);
    equal(body.data.none, 'x');
  },
  'JSON patch that is none is 400': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.patch('configmaps/a', 'json', { op: 'add' })).status, 400);
    equal((await s.patch('configmaps/a', 'json', 'no json')).status, 400);
  },
  'JSON patch with an unknown operation': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.patch('configmaps/a', 'json', [{ op: 'invent', path: '/data/x', value: '1' }]);
  },
  'JSON patch appends to a list': async (s) => {
    await s.post('widgets', widget('a'));
    const { body } = await s.patch('widgets/a', 'json', [
      { op: 'add', path: '/spec/steps/-', value: { name: 'two' } },
      { op: 'add', path: '/spec/steps/0', value: { name: 'zero' } },
    ]);
    deepEqual(
      body.spec.steps.map((step: { name: string }) => step.name),
      ['zero', 'one', 'two'],
    );
  },
  'merge patch merges maps, replaces lists, null removes': async (s) => {
    await s.post('configmaps', configMap('a', { labels: { keep: '1', drop: '2' } }, { one: '1', two: '2' }));
    const patch = { metadata: { labels: { drop: null, added: '3' } }, data: { two: null, three: '3' } };
    const { status, body } = await s.patch('configmaps/a', 'merge', patch);
    equal(status, 200);
    deepEqual(body.metadata.labels, { keep: '1', added: '3' });
    deepEqual(body.data, { one: '1', three: '3' });
  },
  'merge patch of a custom resource': async (s) => {
    await s.post('widgets', widget('a', { free: { a: { b: 1 } }, labels: { x: 'y' } }));
    const patch = { spec: { steps: [{ name: 'new' }], free: { a: { c: 2 } }, labels: null } };
    const { body } = await s.patch('widgets/a', 'merge', patch);
    deepEqual(body.spec.free, { a: { b: 1, c: 2 } });
    equal(body.spec.labels, undefined);
    equal(body.metadata.generation, 2);
  },
  'merge patch without effect keeps the version': async (s) => {
    const made = await s.post('configmaps', configMap('a'));
    const { body } = await s.patch('configmaps/a', 'merge', { data: { key: 'value' } });
    equal(body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  },
  'merge patch that is none is 400': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.patch('configmaps/a', 'merge', 'no json')).status, 400);
    await s.patch('configmaps/a', 'merge', '[1]');
    await s.patch('configmaps/a', 'merge', '"text"');
  },
  'merge patch with a wrong type is refused': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.patch('configmaps/a', 'merge', { data: 'text' });
    await s.patch('configmaps/a', 'merge', { data: { key: 1 } });
    await s.post('widgets', widget('a'));
    equal((await s.patch('widgets/a', 'merge', { spec: { count: 'many' } })).status, 422);
    await s.patch('widgets/a', 'merge', { metadata: { labels: { x: 1 } } });
  },
  'a patch with an old resourceVersion is 409': async (s) => {
    const { body } = await s.post('configmaps', configMap('a'));
    await s.patch('configmaps/a', 'merge', { data: { x: '1' } });
    const { resourceVersion } = body.metadata;
    equal((await s.patch('configmaps/a', 'merge', { metadata: { resourceVersion }, data: { x: '2' } })).status, 409);
  },
  'a patch with another uid is 422': async (s) => {
    await s.post('configmaps', configMap('a'));
    const uid = '11111111-2222-3333-4444-555555555555';
    equal((await s.patch('configmaps/a', 'merge', { metadata: { uid } })).status, 422);
  },
  'a patch of the name is refused': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.patch('configmaps/a', 'merge', { metadata: { name: 'b' } })).status, 400);
    equal((await s.patch('configmaps/a', 'merge', { metadata: { namespace: 'default' } })).status, 400);
  },
  'a patch of what is not there is 404': async (s) => {
    for (const type of ['json', 'merge', 'strategic'] as const)
      equal((await s.patch('configmaps/none', type, type === 'json' ? [] : {})).status, 404);
  },
  'strategic merge patch merges lists by their key': async (s) => {
    const containers = ['one', 'two'].map((name) => ({ name, image: 'busybox:1' }));
    await s.post('pods', pod('a', {}, { containers }));
    const patch = { spec: { containers: [{ name: 'two', image: 'busybox:2' }] } };
    const { status, body } = await s.patch('pods/a', 'strategic', patch);
    equal(status, 200);
    deepEqual(
      body.spec.containers.map((one: { image: string }) => one.image),
      ['busybox:1', 'busybox:2'],
    );
  },
  'strategic merge patch directives: $patch, $deleteFromPrimitiveList, $retainKeys': async (s) => {
    await s.post(
      'configmaps',
      configMap('a', { finalizers: ['example.dev/a', 'example.dev/b'] }, { one: '1', two: '2' }),
    );
    await s.patch('configmaps/a', 'strategic', {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['example.dev/a'] },
    });
    await s.patch('configmaps/a', 'strategic', { metadata: { finalizers: ['example.dev/c'] } });
    await s.patch('configmaps/a', 'strategic', { data: { $patch: 'replace', three: '3' } });
    await s.patch('configmaps/a', 'strategic', { data: { $retainKeys: ['four'], four: '4' } });
    const { body } = await s.patch('configmaps/a', 'strategic', {
      metadata: { finalizers: null },
      data: { $patch: 'delete' },
    });
    equal(body.data, undefined);
  },
  'strategic merge patch adds and removes owners by uid': async (s) => {
    const { body: owner } = await s.post('secrets', { metadata: { name: 'owner' } });
    await s.post('configmaps', configMap('a'));
    const { uid } = owner.metadata;
    const reference = { apiVersion: 'v1', kind: 'Secret', name: 'owner', uid };
    await s.patch('configmaps/a', 'strategic', { metadata: { ownerReferences: [reference] } });
    const patch = { metadata: { ownerReferences: [{ $patch: 'delete', uid }] } };
    equal((await s.patch('configmaps/a', 'strategic', patch)).body.metadata.ownerReferences, undefined);
  },
  'strategic merge patch of conditions of a Pod': async (s) => {
    await s.post('pods', pod('a'));
    const condition = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } });
    await s.patch('pods/a/status', 'strategic', condition('Ready', 'False'));
    await s.patch('pods/a/status', 'strategic', condition('Initialized', 'True'));
    const { body } = await s.patch('pods/a/status', 'strategic', condition('Ready', 'True'));
    equal(body.status.conditions.length, 2);
  },
  'strategic merge patch of a custom resource is 415': async (s) => {
    await s.post('widgets', widget('a'));
    equal((await s.patch('widgets/a', 'strategic', { spec: {} })).status, 415);
  },
  'a patch of an unknown type is 415': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.send('PATCH', 'configmaps/a', { body: {}, contentType: 'application/json' })).status, 415);
    equal((await s.send('PATCH', 'configmaps/a', { body: {}, contentType: 'text/plain' })).status, 415);
    await s.post('widgets', widget('a'));
    equal((await s.send('PATCH', 'widgets/a', { body: {}, contentType: 'application/json' })).status, 415);
  },
  'an unknown field in a patch: strict, warn, ignore': async (s) => {
    await s.post('widgets', widget('a'));
    const patch = { spec: { unknown: 1 } };
    equal((await s.patch('widgets/a?fieldValidation=Strict', 'merge', patch)).status, 422);
    equal((await s.patch('widgets/a?fieldValidation=Warn', 'merge', patch)).status, 200);
    equal((await s.patch('widgets/a?fieldValidation=Ignore', 'merge', patch)).status, 200);
  },
  'an unknown field in a patch of a built-in type: strict, warn': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.patch('configmaps/a?fieldValidation=Strict', 'merge', { unknown: 1 });
    await s.patch('configmaps/a?fieldValidation=Warn', 'merge', { unknown: 1 });
    await s.patch('configmaps/a?fieldValidation=Strict', 'strategic', { unknown: 1 });
  },
  'a patch that leaves another kind, version or type is shown with what it leaves': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a'));
    await s.patch('configmaps/a', 'merge', { kind: 'Nothing' });
    await s.patch('configmaps/a', 'merge', { apiVersion: 'v2' });
    await s.patch('configmaps/a', 'merge', { metadata: { labels: 5 } });
    await s.patch('configmaps/a', 'json', [{ op: 'replace', path: '/data', value: '<&>' }]);
    await s.patch('configmaps/a', 'json', [{ op: 'add', path: '/metadata/labels', value: 5 }]);
  },
  'an empty patch changes nothing': async (s) => {
    const made = await s.post('configmaps', configMap('a'));
    for (const type of ['merge', 'strategic'] as const) {
      const { body } = await s.patch('configmaps/a', type, {});
      equal(body.metadata.resourceVersion, made.body.metadata.resourceVersion);
    }
    await s.patch('configmaps/a', 'json', []);
  },
});
