import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { linkPath, linkStart, readLink } from '../../../../local/tracestore/access/run-link.ts';
import { createTraceTokens } from '../../../../local/tracestore/access/trace-token.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { exampleTrace, TRACE_ID } from '../viewer/example-trace.ts';

let store: TraceStore;
beforeEach(async () => {
  store = await startTraceStore({ log: silentLogger });
});
afterEach(async () => {
  await store.close();
});

const authorization = (): string => `Bearer ${store.token}`;
const get = (path: string) => request(store.url).get(path).set('Authorization', authorization());
const post = () => request(store.url).post('/v1/traces').set('Authorization', authorization());

describe('who is let in', () => {
  test('nobody sends spans without the token, and the body is not read', async () => {
    await request(store.url).post('/v1/traces').send(exampleTrace).expect(401);
    await request(store.url).post('/v1/traces').set('Authorization', 'Bearer wrong').send(exampleTrace).expect(401);
    await request(store.url)
      .post('/v1/traces?token=' + store.token)
      .send(exampleTrace)
      .expect(401);
    expect(store.traceIds()).toEqual([]);
  });

  test.each([
    '/',
    '/trace/1',
    '/api/traces',
    '/compare/1/2',
    `/api/traces/${TRACE_ID}`,
    '/api/v3/traces/1',
    '/api/events',
  ])('nobody reads %s without the token', async (path) => {
    await request(store.url).get(path).expect(401);
  });

  test('the printed address sets a cookie for this store alone and leaves the token out of the address', async () => {
    const address = new URL(store.pageUrl(TRACE_ID));
    const first = await request(store.url)
      .get(address.pathname + address.search)
      .redirects(0)
      .expect(302);
    expect(first.headers['location']).toBe(`/trace/${TRACE_ID}`);
    const [cookie = ''] = first.headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Strict/i);
    const value = cookie.split(';')[0] ?? '';
    await request(store.url).get('/api/traces').set('Cookie', `other=1; ${value}`).expect(200);
    await request(store.url).post('/v1/traces').set('Cookie', value).send(exampleTrace).expect(401);
  });

  test('the address without its token is of this store, whatever the path', async () => {
    const socket = connect(Number(new URL(store.url).port), '127.0.0.1');
    socket.end(`GET //evil.example/?token=${store.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect(/^location: (.*)\r$/im.exec(await text(socket))?.[1]).toBe('/evil.example/');
  });

  test('a browser that comes from another site loads the address again, with the cookie', async () => {
    const { pathname } = new URL(store.runUrl(TRACE_ID));
    const { headers } = await request(store.url).get(pathname).set('Sec-Fetch-Site', 'cross-site').expect(200);
    expect(headers['refresh']).toBe(`0; url=/trace/${TRACE_ID}`);
    expect(headers['set-cookie']).toHaveLength(1);
  });

  test.each(['POST', 'HEAD'])('%s with a token in the address lets nobody in', async (method) => {
    const response = await fetch(`${store.url}/?token=${store.token}`, { method, redirect: 'manual' });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
  });

  test('a link to one run opens that trace, and nothing else', async () => {
    const address = new URL(store.runUrl(TRACE_ID));
    const first = await request(store.url).get(`${address.pathname}?span=1`).redirects(0).expect(302);
    expect(first.headers['location']).toBe(`/trace/${TRACE_ID}?span=1`);
    const [cookie = ''] = first.headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Strict/i);
    const value = cookie.split(';')[0] ?? '';
    const read = (path: string): request.Test => request(store.url).get(path).set('Cookie', value);
    await post().set('Content-Type', 'application/json').send(exampleTrace).expect(200);
    await read(`/trace/${TRACE_ID}`).expect(200);
    await read(`/api/waterfall/${TRACE_ID}`).expect(200);
    await read(`/api/v3/traces/${TRACE_ID}`).expect(200);
    await read(`/api/download/${TRACE_ID}`).expect(200);
    for (const path of [
      '/',
      '/api/traces',
      '/api/events',
      `/trace/${'1'.repeat(32)}`,
      `/api/waterfall/${'1'.repeat(32)}`,
      `/compare/${TRACE_ID}/${'1'.repeat(32)}`,
    ])
      await read(path).expect(401);
    await request(store.url).post('/v1/traces').set('Cookie', value).send(exampleTrace).expect(401);
  });

  test('a link to one run fits a line of 80 columns, on whatever port', () => {
    const { pathname } = new URL(store.runUrl(TRACE_ID));
    expect(`    http://127.0.0.1:65535${pathname}`.length).toBeLessThanOrEqual(80);
    expect(pathname.startsWith(linkStart(TRACE_ID))).toBe(true);
  });

  test('the token of one trace is none for another, or for the list', async () => {
    const { token = '' } = readLink(new URL(store.runUrl(TRACE_ID)).pathname) ?? {};
    for (const path of ['/', `/trace/${'1'.repeat(32)}`, '/api/traces'])
      await request(store.url).get(`${path}?token=${token}`).expect(401);
    const other = linkPath({ traceId: '1'.repeat(32), token });
    await request(store.url).get(other).expect(401);
    await get('/api/traces').set('Authorization', `Bearer ${token}`).expect(401);
  });

  test('a link to one run leaves a browser that may see everything as it is', async () => {
    const { pathname } = new URL(store.runUrl(TRACE_ID));
    const all = `tektrace-${new URL(store.url).port}=${store.token}`;
    await request(store.url).get(pathname).set('Cookie', all).redirects(0).expect(302);
    await request(store.url).get('/api/traces').set('Cookie', all).expect(200);
  });

  test('a link from an earlier start opens where the browser is known already', async () => {
    const all = `tektrace-${new URL(store.url).port}=${store.token}`;
    const link = linkPath({ traceId: TRACE_ID, token: createTraceTokens().issue(TRACE_ID) });
    for (const path of [`/trace/${TRACE_ID}?token=old`, link]) {
      const old = await request(store.url).get(path).set('Cookie', all).redirects(0).expect(302);
      expect(old.headers['location']).toBe(`/trace/${TRACE_ID}`);
    }
  });

  test('a browser without a token gets a page that says how to get in', async () => {
    const html = 'text/html,application/xhtml+xml,*/*;q=0.8';
    const one = await request(store.url).get(`/trace/${TRACE_ID}`).set('Accept', html).expect(401);
    expect(one.headers['content-type']).toMatch('text/html');
    expect(one.headers['content-security-policy']).toMatch("default-src 'none'");
    expect(one.text).toContain(`kubectl get pipelineruns,taskruns -A -o yaml | grep '${linkStart(TRACE_ID)}'`);
    expect(one.text).not.toContain('has ended</h1>');
    const hostile = await request(store.url)
      .get('/trace/%3Cscript%3E?token=%3Cscript%3E')
      .set('Accept', html)
      .expect(401);
    expect(hostile.text).not.toContain('<script');
    const program = await request(store.url).get('/').expect(401);
    expect(program.headers['content-type']).toMatch('text/plain');
  });

  test.each(['?token=', '/r/', 'cookie', 'cookie of a run'])(
    'a browser with a token of an earlier start (%s) gets a page that says that its run is gone',
    async (kind) => {
      const port = new URL(store.url).port;
      const token = createTraceTokens().issue(TRACE_ID);
      const path = {
        '?token=': `/trace/${TRACE_ID}?token=${'x'.repeat(32)}`,
        '/r/': linkPath({ traceId: TRACE_ID, token }),
      }[kind];
      const value = kind === 'cookie' ? `tektrace-${port}=x` : `tektrace-${port}-runs=${TRACE_ID}.${token}`;
      const { text } = await request(store.url)
        .get(path ?? `/trace/${TRACE_ID}`)
        .set({ Accept: 'text/html', ...(path === undefined && { Cookie: value }) })
        .expect(401);
      expect(text).toContain('This address is from a Tektrace that has ended</h1>');
      expect(text).toContain('Its runs and traces were in its memory and ended with it');
      expect(text).not.toContain('kubectl');
    },
  );

  test('a link opens, whatever another server of this host has put into its cookie', async () => {
    const { port, pathname } = new URL(store.runUrl(TRACE_ID));
    const Cookie = `tektrace-${port}-runs=\u00e9.\u00e9~a.b\u00e9`;
    const opened = await request(store.url).get(pathname).set({ Cookie }).redirects(0);
    expect(opened.status).toBe(302);
    expect(opened.headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^tektrace-${port}-runs=${TRACE_ID}\\.[\\w-]{22}; `)),
    ]);
  });

  test('a browser with the link of one run is asked for that of another', async () => {
    const { pathname } = new URL(store.runUrl(TRACE_ID));
    const first = await request(store.url).get(pathname).redirects(0).expect(302);
    const [cookie = ''] = first.headers['set-cookie'] as unknown as string[];
    const list = await request(store.url)
      .get(`/trace/${'1'.repeat(32)}`)
      .set({ Accept: 'text/html', Cookie: cookie.split(';')[0] ?? '' })
      .expect(401);
    expect(list.text).toContain('This browser has none.');
  });

  test('a wrong token in the address is 401', async () => {
    await request(store.url).get('/?token=wrong').expect(401);
  });

  test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', ''])('Host %p is refused', async (host) => {
    await post().set('Host', host).send(exampleTrace).expect(403);
    expect(store.traceIds()).toEqual([]);
  });

  test('localhost counts as this machine', async () => {
    await get('/api/traces')
      .set('Host', `localhost:${new URL(store.url).port}`)
      .expect(200);
  });

  test.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])(
    'Origin %p is refused',
    async (origin) => {
      await post().set('Origin', origin).send(exampleTrace).expect(403);
      await get('/api/traces').set('Origin', origin).expect(403);
    },
  );

  test('the own origin is accepted', async () => {
    await get('/api/traces').set('Origin', store.url).expect(200);
  });
});
