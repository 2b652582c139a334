import { deepEqual, equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { configMap, pod, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

const by = (manager: string): string => `?fieldManager=${manager}`;

export const apply = area('apply', {
  'creates what is not there': async (s) => {
    const { status, body } = await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a'));
    equal(status, 201);
    equal(body.metadata.managedFields[0].operation, 'Apply');
  },
  'changes, and removes what is no longer applied': async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', { labels: { x: 'y' } }, { one: '1', two: '2' }));
    const { status, body } = await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, { one: 'first' }));
    equal(status, 200);
    deepEqual(body.data, { one: 'first' });
    equal(body.metadata.labels, undefined);
  },
  'again without a change keeps the version': async (s) => {
    const made = await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a'));
    const { body } = await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a'));
    equal(body.metadata.resourceVersion, made.body.metadata.resourceVersion);
  },
  "another manager's field is a conflict": async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, { key: '1' }));
    const { status, body } = await s.patch(`configmaps/a${by('two')}`, 'apply', configMap('a', {}, { key: '2' }));
    equal(status, 409);
    equal(body.details.causes[0].reason, 'FieldManagerConflict');
  },
  'with force takes the field over': async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, { key: '1', own: 'x' }));
    const { status, body } = await s.patch(
      `configmaps/a${by('two')}&force=true`,
      'apply',
      configMap('a', {}, { key: '2' }),
    );
    equal(status, 200);
    deepEqual(body.data, { key: '2', own: 'x' });
  },
  'the same value is shared': async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, { key: '1' }));
    await s.patch(`configmaps/a${by('two')}`, 'apply', configMap('a', {}, { key: '1' }));
    const { body } = await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, {}));
    deepEqual(body.data, { key: '1' });
  },
  'without a field manager is refused': async (s) => {
    equal((await s.patch('configmaps/a', 'apply', configMap('a'))).status, 422);
  },
  'with managedFields is refused': async (s) => {
    const managedFields = [
      { manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
    ];
    equal((await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', { managedFields }))).status, 400);
  },
  'of another name or kind is refused': async (s) => {
    equal((await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('b'))).status, 400);
    equal((await s.patch(`configmaps/a${by('one')}`, 'apply', { ...configMap('a'), kind: 'Secret' })).status, 400);
  },
  'with a uid or resourceVersion of what is not there': async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', { uid: '11111111-2222-3333-4444-555555555555' }));
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', { resourceVersion: '3' }));
  },
  'a field that was updated by somebody else conflicts': async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, { key: '1' }));
    await s.patch('configmaps/a?fieldManager=editor', 'merge', { data: { key: '2' } });
    equal((await s.patch(`configmaps/a${by('one')}`, 'apply', configMap('a', {}, { key: '1' }))).status, 409);
  },
  'lists of a Pod are merged by their key': async (s) => {
    await s.patch(`pods/a${by('one')}`, 'apply', pod('a'));
    const patch = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'main', image: 'busybox:2' }] },
    };
    const { body } = await s.patch(`pods/a${by('two')}&force=true`, 'apply', patch);
    equal(body.spec.containers.length, 1);
    equal(body.spec.containers[0].image, 'busybox:2');
  },
  'of a custom resource': async (s) => {
    const made = await s.patch(`widgets/a${by('one')}`, 'apply', widget('a', { count: 1 }));
    equal(made.status, 201);
    const { body } = await s.patch(`widgets/a${by('one')}`, 'apply', widget('a', { mode: 'b' }));
    equal(body.spec.count, undefined);
    equal(body.metadata.generation, 2);
  },
  'conditions of a status are merged by type': async (s) => {
    await s.post('widgets', widget('a'));
    const status = (type: string): object => ({
      apiVersion: 'example.dev/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      status: { conditions: [{ type, status: 'True' }] },
    });
    await s.patch(`widgets/a/status${by('one')}`, 'apply', status('Ready'));
    const { body } = await s.patch(`widgets/a/status${by('two')}`, 'apply', status('Done'));
    equal(body.status.conditions.length, 2);
  },
  'as YAML, strict about unknown and repeated fields': async (s) => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: value}\n';
    equal((await s.patch(`configmaps/a${by('one')}`, 'apply', yaml)).status, 201);
    await s.patch(`configmaps/a${by('one')}&fieldValidation=Strict`, 'apply', `${yaml}unknown: 1\n`);
    await s.patch(`widgets/a${by('one')}&fieldValidation=Strict`, 'apply', widget('a', { unknown: 1 }));
  },
  'as YAML whose aliases stand for nothing, for what they are in, or for too much': async (s) => {
    const bomb = [...'abcdefg'].map((name, at, all) => `${name}: &${name} [${`*${all[at - 1] ?? 'x'},`.repeat(10)}]\n`);
    const apply = (body: string): Promise<{ status: number }> => s.patch(`configmaps/a${by('one')}`, 'apply', body);
    equal((await apply('data: *none\n')).status, 400);
    equal((await apply('data: &a {a: *a}\n')).status, 400);
    equal((await apply(`x: &x x\n${bomb.join('')}`)).status, 400);
    const data = Array.from({ length: 200 }, (_, at) => `  key${at}: *x\n`).join('');
    const many = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: &x a}\ndata:\n${data}`;
    equal((await apply(many)).status, 201);
  },
  'dry run stores nothing': async (s) => {
    equal((await s.patch(`configmaps/a${by('one')}&dryRun=All`, 'apply', configMap('a'))).status, 201);
    equal((await s.get('configmaps/a')).status, 404);
  },
  'in another namespace is reported before a version that is missing': async (s) => {
    const apply = (metadata: Json): Promise<{ status: number }> =>
      s.patch(`widgets/a${by('one')}`, 'apply', { ...widget('a'), metadata: { name: 'a', ...metadata } });
    equal((await apply({})).status, 201);
    equal((await apply({ namespace: 'elsewhere', resourceVersion: '' })).status, 400);
    equal((await apply({ resourceVersion: '' })).status, 422);
    const patch = { metadata: { namespace: '', resourceVersion: null } };
    equal((await s.patch('widgets/a', 'merge', patch)).status, 422);
  },
  'of something that is no object is 400': async (s) => {
    await s.patch(`configmaps/a${by('one')}`, 'apply', 'text');
  },
});
