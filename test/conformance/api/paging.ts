import { deepEqual, equal, ok } from 'node:assert/strict';

import { catchUp } from '../harness/catch-up.ts';
import type { Json } from '../harness/client.ts';
import { configMap, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

const names = (body: Json): string[] => body.items.map((item: Json) => item.metadata.name);

async function fill(s: Session, count = 5): Promise<void> {
  for (let index = 0; index < count; index++) await s.unrecorded.post('secrets', secret(`s-${index}`));
}

const token = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');

export const paging = area('paging', {
  'a page, its rest and the end': async (s) => {
    await fill(s);
    const first = await s.get('secrets?limit=2');
    deepEqual(names(first.body), ['s-0', 's-1']);
    equal(first.body.metadata.remainingItemCount, 3);
    const second = await s.get(`secrets?limit=2&continue=${first.body.metadata.continue}`);
    deepEqual(names(second.body), ['s-2', 's-3']);
    const third = await s.get(`secrets?limit=2&continue=${second.body.metadata.continue}`);
    deepEqual(names(third.body), ['s-4']);
    equal(third.body.metadata.continue, undefined);
    equal(third.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  },
  'a limit of all, of more and of none': async (s) => {
    await fill(s, 3);
    for (const limit of ['3', '4', '0'])
      equal((await s.get(`secrets?limit=${limit}`)).body.metadata.continue, undefined, limit);
    equal((await s.get('secrets?limit=x')).status, 400);
    equal((await s.get('secrets?limit=')).status, 400);
    await s.get('secrets?limit=-1');
  },
  'later pages show the collection as it was': async (s) => {
    await fill(s);
    const { body } = await s.get('secrets?limit=2');
    await s.unrecorded.delete('secrets/s-3');
    await s.unrecorded.post('secrets', secret('s-2a'));
    await s.unrecorded.patch('secrets/s-4', 'merge', { metadata: { labels: { late: 'yes' } } });
    const rest = await s.get(`secrets?continue=${body.metadata.continue}`);
    deepEqual(names(rest.body), ['s-2', 's-3', 's-4']);
    equal(rest.body.items[2].metadata.labels, undefined);
  },
  'with a selector the rest is not counted': async (s) => {
    for (const [name, x] of Object.entries({ a: '1', b: '2', c: '1', d: '1', e: '2' }))
      await s.unrecorded.post('configmaps', configMap(name, { labels: { x } }));
    const { body } = await s.get('configmaps?limit=2&labelSelector=x%3D1');
    deepEqual(names(body), ['a', 'c']);
    ok(body.metadata.continue);
    equal(body.metadata.remainingItemCount, undefined);
    const rest = await s.get(`configmaps?limit=2&labelSelector=x%3D1&continue=${body.metadata.continue}`);
    deepEqual(names(rest.body), ['d']);
  },
  'over all namespaces': async (s) => {
    const secrets = `/api/v1/secrets?fieldSelector=type%3Dexample.dev/${s.namespace}`;
    for (const name of ['a', 'b', 'c'])
      await s.unrecorded.post('secrets', secret(name, { type: `example.dev/${s.namespace}` }));
    const { body } = await s.get(`${secrets}&limit=2`);
    deepEqual(names(body), ['a', 'b']);
    deepEqual(names((await s.get(`${secrets}&continue=${body.metadata.continue}`)).body), ['c']);
  },
  'of custom resources': async (s) => {
    for (const name of ['a', 'b', 'c']) await s.unrecorded.post('widgets', widget(name));
    const { body } = await s.get('widgets?limit=1');
    equal(body.metadata.remainingItemCount, 2);
    deepEqual(names((await s.get(`widgets?limit=5&continue=${body.metadata.continue}`)).body), ['b', 'c']);
  },
  'of a Table': async (s) => {
    await fill(s, 3);
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await s.get('secrets?limit=2', { accept });
    equal(body.rows.length, 2);
    equal(body.metadata.remainingItemCount, 1);
    await s.get(`secrets?limit=2&continue=${body.metadata.continue}`, { accept });
  },
  'a token that is none is 400': async (s) => {
    await fill(s, 1);
    for (const text of [
      'xyz',
      token({ v: 'v2', rv: 1, start: 'a' }),
      token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' }),
    ])
      equal((await s.get(`secrets?limit=1&continue=${text}`)).status, 400);
    equal((await s.get(`secrets?limit=1&continue=${token({ v: 'meta.k8s.io/v1', rv: 5 })}`)).status, 400);
  },
  'a token together with a version is 400': async (s) => {
    await fill(s, 3);
    const { body } = await s.get('secrets?limit=1');
    const { continue: next, resourceVersion } = body.metadata;
    equal((await s.get(`secrets?limit=1&continue=${next}&resourceVersion=${resourceVersion}`)).status, 400);
    equal(
      (await s.get(`secrets?limit=1&continue=${next}&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`))
        .status,
      422,
    );
  },
  'a token of a version that is no longer known is 410 with a token that goes on': async (s) => {
    await fill(s, 3);
    const old = token({ v: 'meta.k8s.io/v1', rv: 2, start: 's-1\0' });
    await s.compact();
    const { body } = await s.eventually(`secrets?limit=1&continue=${old}`, ({ status }) => status === 410);
    equal(body.reason, 'Expired');
    const { body: rest } = await s.get(`secrets?continue=${body.metadata.continue}`);
    deepEqual(names(rest), ['s-2']);
  },
  'an exact version': async (s) => {
    await fill(s, 2);
    const { body } = await s.get('secrets');
    await s.unrecorded.post('secrets', secret('later'));
    const { resourceVersion } = body.metadata;
    const exact = await s.get(`secrets?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
    deepEqual(names(exact.body), ['s-0', 's-1']);
    deepEqual(names((await s.get(`secrets?limit=5&resourceVersion=${resourceVersion}`)).body), ['s-0', 's-1']);
    await catchUp(s, 'secrets');
    const newer = await s.get(`secrets?resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`);
    equal(newer.status, 200);
  },
  'any version': async (s) => {
    await fill(s, 2);
    await catchUp(s, 'secrets');
    equal((await s.get('secrets?resourceVersion=0')).status, 200);
    equal((await s.get('secrets/s-0?resourceVersion=0')).status, 200);
  },
  'an exact version that is no longer known is 410': async (s) => {
    await s.compact();
    const old = 'secrets?resourceVersion=2&resourceVersionMatch=Exact';
    const { body } = await s.eventually(old, ({ status }) => status === 410);
    equal(body.reason, 'Expired');
  },
  'a version from the future is 504': async (s) => {
    const { status, body } = await s.get('secrets?resourceVersion=1000000000');
    equal(status, 504);
    equal(body.details.causes[0].reason, 'ResourceVersionTooLarge');
  },
  'a match without a version, and other nonsense, is 422': async (s) => {
    for (const query of [
      'resourceVersionMatch=Exact',
      'resourceVersionMatch=Exact&resourceVersion=0',
      'resourceVersionMatch=Other&resourceVersion=5',
      'sendInitialEvents=true',
    ])
      equal((await s.get(`secrets?${query}`)).status, 422, query);
    equal((await s.get('secrets?resourceVersion=abc')).status, 400);
  },
});
