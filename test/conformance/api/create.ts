import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';

import { configMap, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

export const create = area('create and read', {
  'answers 201 with the stored object': async (s) => {
    const { status, body } = await s.post('configmaps', configMap('a'));
    equal(status, 201);
    deepEqual(body.data, { key: 'value' });
    equal(body.metadata.namespace, s.namespace);
    for (const field of ['uid', 'resourceVersion', 'creationTimestamp']) ok(body.metadata[field], field);
    deepEqual((await s.get('configmaps/a')).body, body);
  },
  'ignores what only the server sets': async (s) => {
    const given = {
      uid: 'x',
      creationTimestamp: '2001-01-01T00:00:00Z',
      deletionTimestamp: '2001-01-01T00:00:00Z',
      generation: 7,
      selfLink: '/x',
    };
    const { status, body } = await s.post('configmaps', configMap('a', given));
    equal(status, 201);
    notEqual(body.metadata.uid, 'x');
    equal(body.metadata.deletionTimestamp, undefined);
  },
  'a name from generateName has five more characters': async (s) => {
    const { status, body } = await s.post('configmaps', configMap(undefined as never, { generateName: 'gen-' }));
    equal(status, 201);
    match(body.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  },
  'a name wins over generateName': async (s) => {
    const { body } = await s.post('configmaps', configMap('own', { generateName: 'gen-' }));
    equal(body.metadata.name, 'own');
  },
  'generateName of a custom resource': async (s) => {
    const { status, body } = await s.post('widgets', widget(undefined as never, {}, { generateName: 'gen-' }));
    equal(status, 201);
    match(body.metadata.name, /^gen-.{5}$/);
  },
  'a long generateName is cut to 58 characters': async (s) => {
    const { body } = await s.unrecorded.post(
      'configmaps',
      configMap(undefined as never, { generateName: 'x'.repeat(80) }),
    );
    s.record('length', body.metadata.name.length);
    equal(body.metadata.name.length, 63);
  },
  'neither name nor generateName is 422': async (s) => {
    equal((await s.post('configmaps', configMap(undefined as never))).status, 422);
    equal((await s.post('widgets', widget(undefined as never))).status, 422);
  },
  'a second one with the name is 409 AlreadyExists': async (s) => {
    await s.post('configmaps', configMap('a'));
    const { status, body } = await s.post('configmaps', configMap('a'));
    equal(status, 409);
    equal(body.reason, 'AlreadyExists');
  },
  'a second custom resource with the name is 409': async (s) => {
    await s.post('widgets', widget('a'));
    equal((await s.post('widgets', widget('a'))).body.reason, 'AlreadyExists');
  },
  'a resourceVersion is refused': async (s) => {
    equal((await s.post('configmaps', configMap('a', { resourceVersion: '5' }))).status, 500);
    equal((await s.post('widgets', widget('a', {}, { resourceVersion: '5' }))).status, 500);
  },
  'in a namespace that is not there is 404': async (s) => {
    const { status, body } = await s.post('/api/v1/namespaces/nowhere/configmaps', configMap('a'));
    equal(status, 404);
    equal(body.details.kind, 'namespaces');
    equal((await s.post('/apis/example.dev/v1/namespaces/nowhere/widgets', widget('a'))).status, 404);
  },
  'the namespace in the object must be the one of the path': async (s) => {
    equal((await s.post('configmaps', configMap('a', { namespace: 'default' }))).status, 400);
    equal((await s.post('configmaps', configMap('a', { namespace: s.namespace }))).status, 201);
  },
  'a namespaced resource is not created without a namespace': async (s) => {
    await s.post('/api/v1/configmaps', configMap('a'));
    await s.post('/apis/example.dev/v1/widgets', widget('a'));
  },
  'the kind and version of a built-in type may be left out': async (s) => {
    const { status, body } = await s.post('configmaps', { metadata: { name: 'a' } });
    equal(status, 201);
    equal(body.kind, 'ConfigMap');
  },
  'a custom resource names its kind and version': async (s) => {
    equal((await s.post('widgets', { metadata: { name: 'a' }, spec: { steps: [{ name: 'x' }] } })).status, 400);
    equal((await s.post('widgets', { kind: 'Widget', metadata: { name: 'a' } })).status, 400);
  },
  'another kind than the path says is refused': async (s) => {
    equal((await s.post('configmaps', secret('a'))).status, 400);
    equal((await s.post('widgets', { ...widget('a'), kind: 'Gadget' })).status, 422);
  },
  'another version than the path says is 400': async (s) => {
    equal((await s.post('configmaps', { ...configMap('a'), apiVersion: 'v2' })).status, 400);
    equal((await s.post('widgets', { ...widget('a'), apiVersion: 'example.dev/v2' })).status, 400);
  },
  'a body in YAML': async (s) => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  key: value\n';
    equal((await s.send('POST', 'configmaps', { body, contentType: 'application/yaml' })).status, 201);
  },
  'a Pod has defaults, a first status and its class of service': async (s) => {
    const limits = { cpu: '1', memory: '64Mi' };
    const containers = [{ name: 'main', image: 'busybox', resources: { limits }, ports: [{ containerPort: 80 }] }];
    const { status, body } = await s.post('pods', pod('a', {}, { containers }));
    equal(status, 201);
    equal(body.status.phase, 'Pending');
    equal(body.status.qosClass, 'Guaranteed');
    equal(body.spec.containers[0].imagePullPolicy, 'Always');
  },
  'volumes of a Pod have defaults': async (s) => {
    const volumes = [
      { name: 'empty' },
      { name: 'config', configMap: { name: 'a' } },
      { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      { name: 'self', downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ];
    equal((await s.post('pods', pod('a', {}, { volumes }))).status, 201);
  },
  'a custom resource has the defaults of its schema and loses what is not in it': async (s) => {
    const spec = { unknown: 1, free: { any: { thing: 1 } }, steps: [{ name: 'one', other: true }] };
    const { status, body } = await s.post('widgets', widget('a', spec));
    equal(status, 201);
    deepEqual(body.spec, {
      timeout: '1h0m0s',
      free: { any: { thing: 1 } },
      steps: [{ name: 'one', image: 'busybox' }],
    });
    equal(body.metadata.generation, 1);
  },
  'null where null is not allowed is as if it were left out': async (s) => {
    const { status } = await s.post('widgets', widget('a', { timeout: null, note: null, count: null }));
    equal(status, 201);
    await s.get('widgets/a');
  },
  'an object is read by name; one that is not there is 404': async (s) => {
    equal((await s.get('configmaps/none')).status, 404);
    equal((await s.get('widgets/none')).status, 404);
    equal((await s.get('/api/v1/namespaces/nowhere')).status, 404);
  },
  'a list of a namespace that is not there is empty': async (s) => {
    const { status, body } = await s.get('/api/v1/namespaces/nowhere/secrets');
    equal(status, 200);
    deepEqual(body.items, []);
    await s.get('/apis/example.dev/v1/namespaces/nowhere/widgets');
  },
  'lists are in the order of names, items of built-in types without kind': async (s) => {
    for (const name of ['b', 'a-1', 'a', 'a.b']) await s.unrecorded.post('secrets', secret(name));
    const { body } = await s.get('secrets');
    deepEqual(
      body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['a', 'a-1', 'a.b', 'b'],
    );
    equal(body.items[0].kind, undefined);
  },
  'items of a custom resource list have their kind': async (s) => {
    await s.unrecorded.post('widgets', widget('a'));
    const { body } = await s.get('widgets');
    equal(body.kind, 'WidgetList');
    equal(body.items[0].kind, 'Widget');
  },
  'another served version shows the same object': async (s) => {
    await s.post('widgets', widget('a'));
    const path = `/apis/example.dev/v1beta1/namespaces/${s.namespace}/widgets`;
    const { body } = await s.get(`${path}/a`);
    equal(body.apiVersion, 'example.dev/v1beta1');
    await s.get(path);
    equal((await s.post(path, { ...widget('b'), apiVersion: 'example.dev/v1beta1' })).status, 201);
    equal((await s.get('widgets/b')).body.apiVersion, 'example.dev/v1');
  },
});
