import { expect, test } from '@jest/globals';

import type { ObjectSource } from '../../../../../local/node/objects.ts';
import { projectVolume } from '../../../../../local/node/volumes/projection.ts';

const payload = new Map([['../../escaped', Buffer.from('x')]]);
const objects: ObjectSource = { configMap: async () => payload, secret: async () => payload };
const sources = { objects, serviceAccountToken: async () => 'token' };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default' },
  spec: { containers: [] },
};
const projected = (source: object): object => ({ projected: { sources: [source] } });

test.each([
  ['a ConfigMap', { configMap: { name: 'c' } }],
  ['a Secret', { secret: { secretName: 's' } }],
  ['a projected ConfigMap', projected({ configMap: { name: 'c' } })],
  ['an item of a ConfigMap', { configMap: { name: 'c', items: [{ key: '../../escaped', path: '../x' }] } }],
  ['a downward API file', { downwardAPI: { items: [{ path: '../x', fieldRef: { fieldPath: 'metadata.name' } }] } }],
  ['a token', projected({ serviceAccountToken: { path: '/x' } })],
])('%s does not get a file outside the volume', async (_what, volume) => {
  await expect(projectVolume(pod, { name: 'v', ...volume }, sources)).rejects.toThrow('must be relative');
});
