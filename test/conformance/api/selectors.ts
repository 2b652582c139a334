import { deepEqual, equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { configMap, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { ConformanceCase, Session } from '../harness/types.ts';

const labels: Record<string, Record<string, string>> = {
  a: { tier: 'web', env: 'prod' },
  b: { tier: 'web', env: 'dev' },
  c: { tier: 'db', env: 'prod' },
  d: { empty: '' },
};

async function fill(s: Session): Promise<void> {
  for (const [name, own] of Object.entries(labels))
    await s.unrecorded.post('configmaps', configMap(name, { labels: { ...own, mine: 'yes' } }));
}

const names = (body: Json): string[] => body.items.map((item: Json) => item.metadata.name);

function selecting(selector: string, expected: string[]): ConformanceCase['run'] {
  return async (s) => {
    await fill(s);
    const { status, body } = await s.get(`configmaps?labelSelector=${encodeURIComponent(`mine=yes,${selector}`)}`);
    equal(status, 200);
    deepEqual(names(body), expected);
  };
}

function refusing(parameter: string, selector: string, resource = 'configmaps'): ConformanceCase['run'] {
  return async (s) => {
    equal((await s.get(`${resource}?${parameter}=${encodeURIComponent(selector)}`)).status, 400);
  };
}

export const selectors = area('selectors', {
  'labels: equality': selecting('tier=web', ['a', 'b']),
  'labels: equality with two signs': selecting('tier==web,env==prod', ['a']),
  'labels: inequality takes what has no such label': selecting('tier!=web', ['c', 'd']),
  'labels: in': selecting('env in (prod, dev),tier in (db)', ['c']),
  'labels: notin': selecting('env notin (prod)', ['b', 'd']),
  'labels: exists': selecting('tier', ['a', 'b', 'c']),
  'labels: does not exist': selecting('!tier', ['d']),
  'labels: empty value': selecting('empty=', ['d']),
  'labels: spaces and order': selecting(' env = prod , tier ', ['a', 'c']),
  'labels: in with an empty value': selecting('empty in (,x)', ['d']),
  'labels: an operator without a key is 400': refusing('labelSelector', '=web'),
  'labels: open parenthesis is 400': refusing('labelSelector', 'tier in (web'),
  'labels: an invalid key is 400': refusing('labelSelector', '-x=web'),
  'labels: an invalid value is 400': refusing('labelSelector', 'tier=we$b'),
  'labels: numbers compare, as greater and less': async (s) => {
    for (const n of ['1', '5', '9']) await s.unrecorded.post('configmaps', configMap(`n${n}`, { labels: { n } }));
    deepEqual(names((await s.get('configmaps?labelSelector=n%3E4')).body), ['n5', 'n9']);
    deepEqual(names((await s.get('configmaps?labelSelector=n%3C5')).body), ['n1']);
    equal((await s.get('configmaps?labelSelector=n%3Cx')).status, 400);
  },
  'fields: name': async (s) => {
    await fill(s);
    deepEqual(names((await s.get('configmaps?fieldSelector=metadata.name%3Da')).body), ['a']);
    deepEqual(names((await s.get('configmaps?labelSelector=mine&fieldSelector=metadata.name!%3Da')).body), [
      'b',
      'c',
      'd',
    ]);
  },
  'fields: namespace over all namespaces': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a', { labels: { here: s.namespace } }));
    const selector = `metadata.namespace=${s.namespace},metadata.name=a`;
    deepEqual(names((await s.get(`/api/v1/configmaps?fieldSelector=${encodeURIComponent(selector)}`)).body), ['a']);
  },
  'fields: of a Pod': async (s) => {
    await s.unrecorded.post('pods', pod('a', {}, { nodeName: 'node-a', restartPolicy: 'Never' }));
    await s.unrecorded.post('pods', pod('b'));
    deepEqual(names((await s.get('pods?fieldSelector=spec.nodeName%3Dnode-a')).body), ['a']);
    deepEqual(names((await s.get('pods?fieldSelector=spec.nodeName%3D')).body), ['b']);
    deepEqual(names((await s.get('pods?fieldSelector=status.phase%3DPending,spec.restartPolicy!%3DNever')).body), [
      'b',
    ]);
    deepEqual(names((await s.get('pods?fieldSelector=spec.hostNetwork%3Dfalse')).body), ['a', 'b']);
  },
  "fields: a Secret's type": async (s) => {
    await s.unrecorded.post('secrets', secret('a', { type: 'example.dev/x' }));
    await s.unrecorded.post('secrets', secret('b'));
    deepEqual(names((await s.get('secrets?fieldSelector=type%3DOpaque')).body), ['b']);
  },
  "fields: a custom resource's selectableFields": async (s) => {
    await s.unrecorded.post('widgets', widget('a', { mode: 'a' }));
    await s.unrecorded.post('widgets', widget('b'));
    deepEqual(names((await s.get('widgets?fieldSelector=spec.mode%3Da')).body), ['a']);
    deepEqual(names((await s.get('widgets?fieldSelector=metadata.name%3Db')).body), ['b']);
  },
  'fields: one that cannot be selected by is 400': refusing('fieldSelector', 'data.key=x'),
  'fields: one of a Pod that cannot be selected by is 400': refusing('fieldSelector', 'spec.hostname=x', 'pods'),
  'fields: one of a custom resource that cannot be selected by is 400': refusing(
    'fieldSelector',
    'spec.count=1',
    'widgets',
  ),
  'fields: no operator is 400': refusing('fieldSelector', 'metadata.name'),
  'fields: escaped characters': async (s) => {
    await fill(s);
    equal((await s.get(`configmaps?fieldSelector=${encodeURIComponent('metadata.name=a\\,b')}`)).status, 200);
    equal((await s.get(`configmaps?fieldSelector=${encodeURIComponent('metadata.name=a\\x')}`)).status, 400);
  },
});
