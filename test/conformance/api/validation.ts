import { deepEqual, equal, ok } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { configMap, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { ConformanceCase } from '../harness/types.ts';

const creating = (path: string, bodies: Json[], status = 422): ConformanceCase['run'] => {
  return async (s) => {
    for (const body of bodies) equal((await s.post(path, body)).status, status, JSON.stringify(body));
  };
};

const twice = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1"},"data":{"k":"2"}}';

export const validation = area('validation', {
  'unknown fields: strict refuses': async (s) => {
    const { status, body } = await s.post('configmaps?fieldValidation=Strict', {
      ...configMap('a'),
      unknown: 1,
      other: {},
    });
    equal(status, 400);
    ok(body.message.includes('unknown field'));
    equal((await s.post('configmaps?fieldValidation=Strict', configMap('a', { unknown: 1 }))).status, 400);
  },
  'unknown fields: warn is the default': async (s) => {
    const { status, headers } = await s.post('configmaps', { ...configMap('a'), unknown: 1 });
    equal(status, 201);
    ok(headers['warning']);
  },
  'unknown fields: ignore': async (s) => {
    const { status, headers } = await s.post('configmaps?fieldValidation=Ignore', { ...configMap('a'), unknown: 1 });
    equal(status, 201);
    equal(headers['warning'], undefined);
  },
  'unknown fields of a custom resource: strict, warn, ignore': async (s) => {
    const spec = { unknown: 1, steps: [{ name: 'one', other: 2 }] };
    equal((await s.post('widgets?fieldValidation=Strict', widget('a', spec))).status, 400);
    ok((await s.post('widgets?fieldValidation=Warn', widget('b', spec))).headers['warning']);
    equal((await s.post('widgets?fieldValidation=Ignore', widget('c', spec))).headers['warning'], undefined);
    await s.post('widgets?fieldValidation=Strict', widget('d', {}, { unknown: 1 }));
  },
  'unknown fields on update': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.put('configmaps/a?fieldValidation=Strict', { ...configMap('a'), unknown: 1 })).status, 400);
    ok((await s.put('configmaps/a', { ...configMap('a'), unknown: 1 })).headers['warning']);
  },
  'unknown fields deep in a Pod': async (s) => {
    const containers = [{ name: 'main', image: 'x', command: ['y'], unknown: 1 }];
    equal((await s.post('pods?fieldValidation=Strict', pod('a', {}, { containers }))).status, 400);
    ok((await s.post('pods', pod('a', {}, { containers, other: 1 }))).headers['warning']);
  },
  'repeated fields: strict refuses, warn warns, the last counts': async (s) => {
    equal((await s.post('configmaps?fieldValidation=Strict', twice)).status, 400);
    const { headers, body } = await s.post('configmaps?fieldValidation=Warn', twice);
    ok(headers['warning']);
    deepEqual(body.data, { k: '2' });
  },
  'another way of validating fields is 422': creating('configmaps?fieldValidation=Maybe', [configMap('a')]),
  'wrong types are 400 for built-in types': creating(
    'configmaps',
    [
      { ...configMap('a'), data: 'text' },
      { ...configMap('a'), data: { key: 1 } },
      { ...configMap('a'), metadata: { name: 5 } },
      configMap('a', { labels: ['x'] }),
    ],
    400,
  ),
  'wrong types are 422 for custom resources': creating('widgets', [
    widget('a', { count: 'many' }),
    widget('a', { steps: 'none' }),
    widget('a', { free: 'text' }),
    widget('a', { labels: { x: 1 } }),
  ]),
  'required, enum, minimum, maximum': creating('widgets', [
    { ...widget('a'), spec: {} },
    { ...widget('a'), spec: undefined },
    widget('a', { steps: [{}] }),
    widget('a', { mode: 'c' }),
    widget('a', { count: 0 }),
    widget('a', { count: 6 }),
  ]),
  'length, pattern, format, items': creating('widgets', [
    widget('a', { title: 'muchtoolongatitle' }),
    widget('a', { title: 'UPPER' }),
    widget('a', { since: 'yesterday' }),
    widget('a', { steps: [] }),
    widget('a', { steps: [1, 2, 3, 4].map((n) => ({ name: `s${n}` })) }),
    widget('a', { size: [] }),
  ]),
  'all problems are told at once': async (s) => {
    const { status, body } = await s.unrecorded.post('widgets', widget('a', { mode: 'c', count: 9, steps: [{}] }));
    equal(status, 422);
    // In no order of theirs.
    const causes = body.details.causes.map((cause: Json) => `${cause.field}: ${cause.message}`).sort();
    s.record('causes', causes);
    equal(causes.length, 3);
  },
  'names are lower case subdomains': creating('configmaps', [
    configMap('Upper'),
    configMap('under_score'),
    configMap('-dash'),
    configMap('x'.repeat(254)),
    configMap('a/b'),
  ]),
  'names of custom resources': creating('widgets', [widget('Upper'), widget('x'.repeat(254))]),
  labels: creating('configmaps', [
    configMap('a', { labels: { 'bad key': 'x' } }),
    configMap('a', { labels: { key: 'bad value' } }),
    configMap('a', { labels: { key: 'x'.repeat(64) } }),
    configMap('a', { labels: { 'Prefix.Dev/key': 'x' } }),
    configMap('a', { labels: { [`${'x'.repeat(64)}`]: 'x' } }),
    configMap('a', { labels: { '': 'x' } }),
  ]),
  annotations: creating('configmaps', [
    configMap('a', { annotations: { 'bad key': 'x' } }),
    configMap('a', { annotations: { 'a/b/c': 'x' } }),
    configMap('a', { annotations: { [`${'x'.repeat(254)}/key`]: 'x' } }),
    configMap('a', { annotations: { key: 'x'.repeat(262_144) } }),
  ]),
  'labels and annotations of custom resources': creating('widgets', [
    widget('a', {}, { labels: { key: 'bad value' } }),
    widget('a', {}, { annotations: { 'bad key': 'x' } }),
  ]),
  'generateName is checked like a name': creating('configmaps', [
    configMap(undefined as never, { generateName: 'Upper-' }),
  ]),
  'keys of a ConfigMap': creating('configmaps', [
    configMap('a', {}, { 'bad key': 'x' }),
    configMap('a', {}, { '..': 'x' }),
    configMap('a', {}, { [`${'x'.repeat(254)}`]: 'x' }),
    { ...configMap('a', {}, { both: 'x' }), binaryData: { both: 'eA==' } },
  ]),
  'data of a Secret': async (s) => {
    equal((await s.post('secrets', secret('a', { data: { 'bad key': 'eA==' } }))).status, 422);
    await s.post('secrets', secret('a', { data: { key: 'no base64!' } }));
    await s.post('secrets', secret('a', { data: { key: 'x'.repeat(1_400_000) } }));
    await s.post('secrets', secret('a', { type: 'kubernetes.io/dockerconfigjson' }));
    await s.post('secrets', secret('a', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }));
    await s.post('secrets', secret('a', { type: 'kubernetes.io/basic-auth' }));
  },
  'a Pod without containers, and with wrong ones': creating('pods', [
    pod('a', {}, { containers: [] }),
    pod('a', {}, { containers: [{ name: 'main' }] }),
    pod('a', {}, { containers: [{ image: 'x' }] }),
    pod('a', {}, { containers: [{ name: 'Upper', image: 'x' }] }),
    pod('a', {}, { containers: [1, 2].map(() => ({ name: 'same', image: 'x' })) }),
    pod('a', {}, { restartPolicy: 'Perhaps' }),
  ]),
  'mounts and volumes of a Pod': creating('pods', [
    pod('a', {}, { containers: [{ name: 'main', image: 'x', volumeMounts: [{ name: 'none', mountPath: '/x' }] }] }),
    pod('a', {}, { volumes: [{ name: 'x' }, { name: 'x' }] }),
    pod('a', {}, { volumes: [{ name: 'x', emptyDir: {}, secret: { secretName: 'y' } }] }),
    pod('a', {}, { volumes: [{ name: 'x', secret: {} }] }),
    pod('a', {}, { volumes: [{ emptyDir: {} }] }),
  ]),
  'environment, probes and resources of a Pod': creating('pods', [
    pod('a', {}, { containers: [{ name: 'main', image: 'x', env: [{ name: '' }] }] }),
    pod(
      'a',
      {},
      {
        containers: [
          {
            name: 'main',
            image: 'x',
            env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          },
        ],
      },
    ),
    pod(
      'a',
      {},
      {
        containers: [
          { name: 'main', image: 'x', env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.other' } } }] },
        ],
      },
    ),
    pod('a', {}, { containers: [{ name: 'main', image: 'x', livenessProbe: {} }] }),
    pod(
      'a',
      {},
      { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] },
    ),
    ...[
      { requests: { cpu: -1 } },
      { requests: { cpu: '-0.5' }, limits: { cpu: -1 } },
      { limits: { memory: '-1Gi' } },
    ].map((resources) => pod('a', {}, { containers: [{ name: 'main', image: 'x', resources }] })),
    pod('a', {}, { containers: [{ name: 'main', image: 'x', imagePullPolicy: 'Sometimes' }] }),
    pod('a', {}, { containers: [{ name: 'main', image: 'x', ports: [{ containerPort: 70_000 }] }] }),
  ]),
});
