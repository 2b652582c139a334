import { afterEach, beforeEach, expect, test } from '@jest/globals';
import request from 'supertest';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';

let store: TraceStore;
beforeEach(async () => {
  store = await startTraceStore({ log: silentLogger });
});
afterEach(async () => {
  await store.close();
});

const get = (path: string) => request(store.url).get(path).set('Authorization', `Bearer ${store.token}`);

test.each(['/trace/xyz', '/trace/__proto__', '/compare/xyz/1', '/compare/1/xyz', `/trace/${'a'.repeat(8000)}`])(
  'the page of %.40s is 400: the list is not shown in its place',
  async (path) => {
    const { text } = await get(path).expect(400);
    expect(text).toMatch('up to 32 hex digits');
    expect(text.length).toBeLessThan(200);
  },
);

test.each(['/trace/%E0%A4%A', '/api/waterfall/%', '/compare/1/%ff'])(
  'a malformed percent-encoding is a bad request, no fault of the store: %s',
  async (path) => {
    const { text } = await get(path).expect(400);
    expect(text).toMatch('two hex digits');
  },
);
