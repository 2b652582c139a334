import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createJaegerQuery, JaegerQueryError } from '../../../../local/jaeger/query.ts';
import { jaegerTrace } from '../../../../local/tracestore/api/jaeger-trace.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import type { Waterfall } from '../../../../local/viewer/waterfall.ts';
import { exampleTrace, START_MS, TRACE_ID } from '../viewer/example-trace.ts';

interface Answer {
  status?: number;
  body: string;
  headers?: Record<string, string>;
}

/** Jaeger's page, the answer for a path that it does not have. */
const PAGE: Answer = { body: '<!DOCTYPE html><html></html>' };

let server: Server;
let url: string;
let answer: (path: string, request: IncomingMessage) => Answer;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const { status = 200, body, headers = {} } = answer(request.url ?? '', request);
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});
beforeEach(() => {
  asked.length = 0;
});

/** What a person sees of a trace; without what `/api/traces` does not have. */
const shape = ({ rows, result, runName, durationMs }: Waterfall): unknown => ({
  ...{ result, runName, durationMs },
  rows: rows.map(({ name, depth, category, result: of, offsetMs, durationMs: ms, problem, isOrigin, warnings }) => ({
    ...{ name, depth, category, of, offsetMs, ms, problem, isOrigin, warnings },
  })),
});
const expected = shape(buildWaterfall(TRACE_ID, exampleTrace));

test('a search by attributes asks /api/traces first, which knows them, and /api/v3 where it is not there', async () => {
  const search = { service: 'tekton-pipelines', fromMs: 0, toMs: 1000, limit: 5, tags: { pipelinerun: 'a' } };
  answer = (path) => (path.startsWith('/api/traces?') ? { body: '{"data":[]}' } : PAGE);
  expect((await createJaegerQuery({ url }).search(search)).size).toBe(0);
  expect(new URL(asked[0] ?? '', url).searchParams.get('tags')).toBe('{"pipelinerun":"a"}');
  answer = (path) => (path.startsWith('/api/v3') ? { body: JSON.stringify({ result: exampleTrace }) } : PAGE);
  expect([...(await createJaegerQuery({ url }).search(search)).keys()]).toEqual([TRACE_ID]);
});

describe('a trace of a Jaeger', () => {
  test('comes from /api/v3, each span once', async () => {
    const twice = { resourceSpans: [...exampleTrace.resourceSpans, ...exampleTrace.resourceSpans] };
    answer = () => ({ body: JSON.stringify({ result: twice }) });
    const trace = await createJaegerQuery({ url: `${url}/` }).trace(TRACE_ID);
    expect(asked).toEqual([`/api/v3/traces/${TRACE_ID}`]);
    expect(shape(buildWaterfall(TRACE_ID, trace!))).toEqual(expected);
  });

  test('comes from /api/traces where there is no /api/v3, and is the same tree', async () => {
    answer = (path) =>
      path.startsWith('/api/v3') ? PAGE : { body: JSON.stringify({ data: [jaegerTrace(TRACE_ID, exampleTrace)] }) };
    const trace = await createJaegerQuery({ url }).trace(TRACE_ID);
    expect(shape(buildWaterfall(TRACE_ID, trace!))).toEqual(expected);
  });

  test('is undefined where Jaeger has none', async () => {
    answer = () => ({ status: 404, body: '{"error":{"httpCode":404,"message":"No traces found"}}' });
    expect(await createJaegerQuery({ url }).trace(TRACE_ID)).toBeUndefined();
    expect((await createJaegerQuery({ url }).search({ service: 's', fromMs: 0, toMs: 1, limit: 1 })).size).toBe(0);
  });

  test('is found by service and time, with the parameters of every version, also in a streamed answer', async () => {
    const other = structuredClone(exampleTrace);
    for (const { spans } of other.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      for (const span of spans) span.traceId = '2'.repeat(32);
    answer = () => ({ body: [exampleTrace, other].map((result) => JSON.stringify({ result })).join('\n') });
    const found = await createJaegerQuery({ url }).search({
      service: 'tekton-pipelines',
      fromMs: 0,
      toMs: 60_000,
      limit: 7,
    });
    expect([...found.keys()]).toEqual([TRACE_ID, '2'.repeat(32)]);
    const query = new URL(asked[0] ?? '', url).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      'query.service_name': 'tekton-pipelines',
      'query.serviceName': 'tekton-pipelines',
      'query.start_time_max': '1970-01-01T00:01:00.000Z',
      'query.num_traces': '7',
    });
  });

  test('is asked for with the headers that were given', async () => {
    answer = (_path, request) => ({
      status: request.headers.authorization === 'Bearer x' ? 404 : 401,
      body: '{}',
    });
    expect(await createJaegerQuery({ url, headers: { authorization: 'Bearer x' } }).trace(TRACE_ID)).toBeUndefined();
    await expect(createJaegerQuery({ url }).trace(TRACE_ID)).rejects.toThrow(/answered 401: it asks who you are/);
  });
});

describe('what is no answer is said in a sentence', () => {
  test.each<[string, Answer, RegExp]>([
    ['another server', PAGE, /has neither .* is this a Jaeger query service \(port 16686\)\?/],
    [
      'a login page',
      { status: 302, body: '', headers: { location: 'https://login.test' } },
      /302 and redirects: it asks who you are/,
    ],
    [
      'the same path at another address',
      { status: 301, body: '', headers: { location: `https://u:p@jaeger.test/ui/api/v3/traces/${TRACE_ID}?token=t` } },
      /answered 301: it is at https:\/\/jaeger\.test\/ui: name that address$/,
    ],
    ['JSON without a result', { body: '{"data":null}' }, /its answer is no trace: it has no result$/],
    ['null', { body: '[null]' }, /its answer is no trace/],
    [
      'an error in a streamed answer',
      { body: '{"error":{"message":"no storage"}}' },
      /its answer is no trace: no storage$/,
    ],
    ['an error of Jaeger', { status: 500, body: '{"error":{"message":"no storage"}}' }, /answered 500: no storage/],
    ['an error of a proxy', { status: 502, body: 'Bad Gateway' }, /answered 502: Bad Gateway/],
    ['JSON of something else', { body: '{"result":{"resourceSpans":3}}' }, /its answer is no trace/],
    ['half an answer', { body: '{"result":{"resourceSpans":[' }, /its answer is no trace/],
  ])('%s', async (_name, given, message) => {
    answer = () => given;
    const failure = createJaegerQuery({ url }).trace(TRACE_ID);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(JaegerQueryError);
  });

  test('a login page, a page of a proxy, and a name of JavaScript as a kind', async () => {
    answer = () => ({ body: '<html><title>Sign in to Example</title></html>' });
    await expect(createJaegerQuery({ url }).trace(TRACE_ID)).rejects.toThrow(/page "Sign in to Example".*headers-file/);
    const body =
      '<html><head><title>502</title><style>a{}</style></head><body><h1>Bad\u202e Gateway</h1>nginx</body></html>';
    answer = () => ({ status: 502, body });
    await expect(createJaegerQuery({ url }).trace(TRACE_ID)).rejects.toThrow(/answered 502: 502 Bad Gateway nginx$/);
    const [trace] = [jaegerTrace(TRACE_ID, exampleTrace)];
    for (const { tags } of trace.spans) tags.push({ key: 'span.kind', type: 'string', value: 'constructor' });
    for (const span of trace.spans) span.tags.reverse();
    answer = (path) => (path.startsWith('/api/v3') ? PAGE : { body: JSON.stringify({ data: [trace] }) });
    expect(await createJaegerQuery({ url }).trace(TRACE_ID)).toBeDefined();
  });

  test('a time that Jaeger moved before 1970 spoils its span only; an error instead of traces is one', async () => {
    const trace = jaegerTrace(TRACE_ID, exampleTrace);
    const lint = trace.spans.find(({ operationName }) => operationName === 'task lint');
    if (lint) lint.startTime = 18_438_711_121_635_842_048;
    answer = (path) => (path.startsWith('/api/v3') ? PAGE : { body: JSON.stringify({ data: [trace] }) });
    const found = buildWaterfall(TRACE_ID, (await createJaegerQuery({ url }).trace(TRACE_ID)) ?? { resourceSpans: [] });
    expect(found).toMatchObject({ result: 'failure', startUnixMs: START_MS });
    expect(found.rows.find(({ name }) => name === 'task lint')?.warnings).toHaveLength(1);
    const body = '{"data":null,"errors":[{"code":500,"msg":"json: unsupported value: NaN"}]}';
    answer = (path) => (path.startsWith('/api/v3') ? PAGE : { body });
    await expect(createJaegerQuery({ url }).trace(TRACE_ID)).rejects.toThrow('json: unsupported value: NaN');
  });

  test('nobody who listens', async () => {
    const gone = createServer();
    gone.listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const free = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    gone.close();
    await once(gone, 'close');
    const query = createJaegerQuery({ url: free, reasonOf: (error) => (error as { code: string }).code });
    await expect(query.trace(TRACE_ID)).rejects.toThrow(`${free}: cannot be reached: ECONNREFUSED`);
  });
});
