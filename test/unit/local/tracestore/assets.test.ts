import { gunzipSync } from 'node:zlib';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';
import { readAssets } from '../../../../local/tracestore/api/assets.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';

const assets = readAssets(path.resolve('local/viewer/page'));
let store: TraceStore;
beforeAll(async () => {
  store = await startTraceStore({ log: silentLogger });
});
afterAll(() => store.close());

test('the page is smaller than 100 kB compressed', () => {
  const bytes = [...assets.values()].reduce((sum, { gzip }) => sum + gzip.length, 0);
  expect(bytes).toBeLessThan(100_000);
  expect(assets.has('tsconfig.json')).toBe(false);
});

test('a script is compressed, and not sent again while it is the same', async () => {
  const url = `${store.url}/page/app.js`;
  const first = await fetch(url);
  expect([first.status, first.headers.get('content-encoding'), first.headers.get('content-type')]).toEqual([
    200,
    'gzip',
    'text/javascript; charset=utf-8',
  ]);
  expect(await first.text()).toBe(gunzipSync(assets.get('app.js')?.gzip ?? '').toString());
  // Not with fetch, which sends Cache-Control: no-cache beside a condition.
  await request(store.url)
    .get('/page/app.js')
    .set('If-None-Match', first.headers.get('etag') ?? '')
    .expect(304);
});

const pageText = async (): Promise<string> => {
  const response = await fetch(store.url, { headers: { Authorization: `Bearer ${store.token}` } });
  return await response.text();
};

test('all modules load at once', async () => {
  const html = await pageText();
  for (const name of assets.keys())
    if (name.endsWith('.js')) expect(html).toContain(`modulepreload" href="/page/${name}"`);
});

test('the page and the one that says how to get in name no file that is not there, and every style', async () => {
  const [page, refused] = [
    await pageText(),
    await (await fetch(store.url, { headers: { Accept: 'text/html' } })).text(),
  ];
  const named = (html: string): string[] =>
    [...html.matchAll(/(?:href|src)="\/page\/([^"]+)"/g)].map(([, name = '']) => name);
  for (const name of [...named(page), ...named(refused)]) {
    const { status } = await fetch(`${store.url}/page/${name}`);
    expect([name, status]).toEqual([name, 200]);
  }
  const styles = [...assets.keys()].filter((name) => name.endsWith('.css'));
  expect(styles.filter((name) => !named(page).includes(name))).toEqual(['login.css']);
  expect(named(refused)).toContain('login.css');
});
