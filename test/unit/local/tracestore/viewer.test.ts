import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { HttpError } from '../../../../local/tracestore/api/http-error.ts';
import { TraceMemory } from '../../../../local/tracestore/memory/memory.ts';
import { listOf } from '../../../../local/tracestore/views/trace-list.ts';
import { startViewer } from '../../../../local/tracestore/viewer.ts';
import type { Viewer } from '../../../../local/tracestore/viewer.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { exampleTrace, TRACE_ID } from '../viewer/example-trace.ts';

let viewer: Viewer;
let failure: Error | undefined;
let logged: unknown[];
beforeEach(async () => {
  [failure, logged] = [undefined, []];
  const memory = new TraceMemory({ maxTraces: 10, maxBytes: 1e9, maxTraceTextBytes: 1e9 });
  memory.add(exampleTrace);
  const list = listOf(memory);
  viewer = await startViewer({
    log: { ...silentLogger, error: (...line) => void logged.push(line) },
    jaegerUiUrl: 'https://jaeger.test/base',
    source: {
      get: async (traceId) => memory.get(traceId),
      revision: () => 1,
      onChange: (listener) => memory.onChange(listener),
      list: async (since) => {
        if (failure) throw failure;
        return list.update(since);
      },
    },
  });
});
afterEach(async () => {
  await viewer.close();
});

const get = (path: string, token = viewer.token): Promise<Response> =>
  fetch(new URL(path, viewer.pageUrl), { headers: { authorization: `Bearer ${token}` } });

test('has the pages, the list, one trace, a comparison and the download', async () => {
  for (const path of [
    '/',
    `/trace/${TRACE_ID}`,
    '/api/traces',
    `/api/waterfall/${TRACE_ID}`,
    `/api/compare/${TRACE_ID}/${TRACE_ID}`,
    `/api/v3/traces/${TRACE_ID}`,
    `/api/download/${TRACE_ID}`,
    `/api/perfetto/${TRACE_ID}`,
    `/api/svg/${TRACE_ID}`,
  ])
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  expect((await get(`/api/waterfall/${'9'.repeat(32)}`)).status).toBe(404);
});

test('has its trace as a file of each kind, and a link into Jaeger', async () => {
  const perfetto = await get(`/api/perfetto/${TRACE_ID}`);
  expect(perfetto.headers.get('content-disposition')).toBe(`attachment; filename=trace-${TRACE_ID}.perfetto.json`);
  const svg = await get(`/api/svg/${TRACE_ID}`);
  expect(svg.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
  expect(svg.headers.get('content-disposition')).toBe(`attachment; filename=trace-${TRACE_ID}.svg`);
  const links = await get(`/api/links/${TRACE_ID}`);
  expect(await links.json()).toEqual({ jaeger: `https://jaeger.test/base/trace/${TRACE_ID}` });
});

test('says to a browser with the token of an earlier start that the traces are in Jaeger as before', async () => {
  const answer = await fetch(new URL(`/trace/${TRACE_ID}?token=old`, viewer.pageUrl), {
    headers: { accept: 'text/html' },
  });
  expect(answer.status).toBe(401);
  expect(await answer.text()).toMatch(/from a Tektrace that has ended<\/h1>[^]*The traces are in Jaeger as before/);
});

test('lets nobody in without its token, and takes no spans', async () => {
  expect((await get('/api/traces', 'wrong')).status).toBe(401);
  const sent = await fetch(new URL('/v1/traces', viewer.pageUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${viewer.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(exampleTrace),
  });
  expect(sent.status).toBe(404);
});

test('says what its source says', async () => {
  failure = new HttpError(502, 'http://jaeger: cannot be reached: nothing listens there');
  const answer = await get('/api/traces');
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ errors: [{ msg: expect.stringContaining('nothing listens there') }] });
});

test('an error of its own is in its log, and not in the answer', async () => {
  failure = Object.assign(new TypeError('the secret place'), { status: 500, expose: true });
  const answer = await get('/api/traces');
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret')]);
  expect(logged).toEqual([['trace store request failed', { path: '/api/traces', error: failure }]]);
});
