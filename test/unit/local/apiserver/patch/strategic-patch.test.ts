import { describe, expect, test } from '@jest/globals';
import { strategicPatch as patchTyped } from '../../../../../local/apiserver/patch/strategic-patch.ts';
import { namedSchema } from '../../../../../local/apiserver/schema/models.ts';

const schema = namedSchema('io.k8s.api.core.v1.Pod');
const strategicPatch = (target: Record<string, unknown>, patch: Record<string, unknown>): unknown =>
  patchTyped(target, patch, schema);

const pod = {
  metadata: { finalizers: ['a', 'b'], labels: { x: '1' } },
  spec: {
    containers: [
      { name: 'a', image: '1', env: [{ name: 'E', value: '1' }] },
      { name: 'b', image: '1' },
    ],
    tolerations: [{ key: 'k' }],
  },
};

describe('strategic merge patch', () => {
  test('merges lists by their keys, replaces the others', () => {
    const patched = strategicPatch(pod, {
      spec: {
        containers: [
          { name: 'a', image: '2', env: [{ name: 'F', value: '2' }] },
          { name: 'c', image: '3' },
        ],
        tolerations: [],
      },
    });
    expect(patched).toEqual({
      metadata: pod.metadata,
      spec: {
        containers: [
          {
            name: 'a',
            image: '2',
            env: [
              { name: 'F', value: '2' },
              { name: 'E', value: '1' },
            ],
          },
          { name: 'c', image: '3' },
          { name: 'b', image: '1' },
        ],
        tolerations: [],
      },
    });
  });

  test('follows its directives', () => {
    expect(strategicPatch(pod, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } })).toMatchObject({
      spec: { containers: [{ name: 'b' }] },
    });
    expect(strategicPatch(pod, { metadata: { labels: { $patch: 'replace', y: '2' } } })).toMatchObject({
      metadata: { labels: { y: '2' } },
    });
    expect(strategicPatch(pod, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } })).toMatchObject({
      metadata: { finalizers: ['b'] },
    });
    const order = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    expect(strategicPatch(pod, { spec: order })).toMatchObject({
      spec: { containers: [{ name: 'b' }, { name: 'a' }] },
    });
  });

  test('leaves what it patches as it is, and knows an item without its key', () => {
    const before = structuredClone(pod);
    strategicPatch(pod, { metadata: { labels: { x: null } } });
    expect(pod).toEqual(before);
    expect(() => strategicPatch(pod, { spec: { containers: [{ image: '2' }] } })).toThrow(
      'does not contain declared merge key: name',
    );
  });
});
