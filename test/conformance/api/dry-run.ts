import { deepEqual, equal } from 'node:assert/strict';

import { configMap, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

export const dryRun = area('dry run', {
  'create answers as if, and stores nothing': async (s) => {
    const { status, body } = await s.post('configmaps?dryRun=All', configMap('a'));
    equal(status, 201);
    equal(body.metadata.resourceVersion, undefined);
    equal((await s.get('configmaps/a')).status, 404);
  },
  'create with generateName': async (s) => {
    equal((await s.post('configmaps?dryRun=All', configMap(undefined as never, { generateName: 'gen-' }))).status, 201);
  },
  'create of what is there is still 409': async (s) => {
    await s.post('configmaps', configMap('a'));
    equal((await s.post('configmaps?dryRun=All', configMap('a'))).status, 409);
  },
  'create of what is invalid is still 422': async (s) => {
    equal((await s.post('configmaps?dryRun=All', configMap('Not A Name'))).status, 422);
  },
  update: async (s) => {
    const made = await s.post('configmaps', configMap('a'));
    const { status, body } = await s.put('configmaps/a?dryRun=All', configMap('a', {}, { other: '1' }));
    equal(status, 200);
    deepEqual(body.data, { other: '1' });
    equal(body.metadata.resourceVersion, made.body.metadata.resourceVersion);
    deepEqual((await s.get('configmaps/a')).body, made.body);
  },
  'patch of a custom resource': async (s) => {
    await s.post('widgets', widget('a'));
    const { body } = await s.patch('widgets/a?dryRun=All', 'merge', { spec: { count: 2 } });
    equal(body.spec.count, 2);
    equal((await s.get('widgets/a')).body.spec.count, undefined);
  },
  'another value than All is 422': async (s) => {
    equal((await s.post('configmaps?dryRun=Some', configMap('a'))).status, 422);
    await s.post('configmaps', configMap('a'));
    equal((await s.put('configmaps/a?dryRun=true', configMap('a'))).status, 422);
    equal((await s.patch('configmaps/a?dryRun=Some', 'merge', {})).status, 422);
    equal((await s.delete('configmaps/a?dryRun=Some')).status, 422);
    await s.post('secrets?dryRun=', secret('a'));
    await s.post('secrets?dryRun=All&dryRun=Some', secret('a'));
  },
});
