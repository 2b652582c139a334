import { deepEqual, equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { configMap, pod, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

const managers = (body: Json): string[] =>
  body.metadata.managedFields.map((one: Json) => `${one.manager} ${one.operation}`).sort();

export const managedFields = area('managed fields', {
  'a writer is named by its program, or as it says': async (s) => {
    deepEqual(managers((await s.post('configmaps', configMap('a'))).body), ['conformance Update']);
    deepEqual(managers((await s.post('configmaps?fieldManager=me', configMap('b'))).body), ['me Update']);
  },
  'each writer has what it wrote': async (s) => {
    await s.post('configmaps?fieldManager=one', configMap('a', {}, { x: '1', y: '1' }));
    const { body } = await s.patch('configmaps/a?fieldManager=two', 'merge', { data: { y: '2', z: '2' } });
    deepEqual(managers(body), ['one Update', 'two Update']);
  },
  'who removes a field takes it from its owner': async (s) => {
    await s.post('configmaps?fieldManager=one', configMap('a', { labels: { l: 'x' } }, { x: '1' }));
    await s.patch('configmaps/a?fieldManager=two', 'merge', { metadata: { labels: null }, data: { x: null } });
  },
  'writing the same value owns nothing': async (s) => {
    await s.post('configmaps?fieldManager=one', configMap('a'));
    deepEqual(managers((await s.patch('configmaps/a?fieldManager=two', 'merge', { data: { key: 'value' } })).body), [
      'one Update',
    ]);
  },
  'the status has its own entry': async (s) => {
    await s.post('widgets?fieldManager=one', widget('a', { count: 1 }));
    const { body } = await s.patch('widgets/a/status?fieldManager=one', 'merge', { status: { phase: 'Done' } });
    deepEqual(
      body.metadata.managedFields.map((one: Json) => one.subresource ?? ''),
      ['', 'status'],
    );
  },
  'lists of a Pod are by key, atomic lists whole': async (s) => {
    const containers = [
      {
        name: 'main',
        image: 'busybox',
        env: [{ name: 'A', value: '1' }],
        args: ['x', 'y'],
        ports: [{ containerPort: 80 }],
      },
    ];
    await s.post('pods?fieldManager=one', pod('a', {}, { containers }));
    await s.patch('pods/a?fieldManager=two', 'merge', { metadata: { annotations: { a: 'b' } } });
    await s.patch('pods/a/status?fieldManager=kubelet', 'strategic', {
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  },
  'owners, finalizers, labels and annotations': async (s) => {
    const uid = '11111111-2222-3333-4444-555555555555';
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid }];
    const metadata = { ownerReferences, finalizers: ['example.dev/a'], labels: { a: 'b' }, annotations: { c: 'd' } };
    equal((await s.post('widgets?fieldManager=one', widget('a', {}, metadata))).status, 201);
  },
  'an update replaces by what it is': async (s) => {
    await s.post('configmaps?fieldManager=one', configMap('a', {}, { x: '1', y: '1' }));
    const { body } = await s.put('configmaps/a?fieldManager=two', configMap('a', {}, { x: '1', z: '2' }));
    deepEqual(managers(body), ['one Update', 'two Update']);
  },
  'an empty list of entries starts over': async (s) => {
    await s.post('configmaps?fieldManager=one', configMap('a'));
    await s.patch('configmaps/a?fieldManager=two', 'merge', { metadata: { managedFields: [] } });
    await s.patch('configmaps/a?fieldManager=two', 'json', [
      { op: 'replace', path: '/metadata/managedFields', value: [{}] },
    ]);
    await s.patch('configmaps/a?fieldManager=three', 'merge', { data: { more: '1' } });
  },
  'a change of the generation only in the schema that is open': async (s) => {
    await s.post('widgets?fieldManager=one', widget('a', { free: { a: { b: 1 }, list: [1, 2] } }));
    await s.patch('widgets/a?fieldManager=two', 'merge', { spec: { free: { a: { c: 2 } } } });
  },
});
