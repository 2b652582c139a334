import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { eventsRouter } from '../../../../local/tracestore/api/events.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { createOtlpSink } from '../../../../shared/tracing/exporters/otlp.ts';
import { exampleTrace, TRACE_ID } from '../viewer/example-trace.ts';

let store: TraceStore;
beforeEach(async () => {
  store = await startTraceStore({ log: silentLogger, maxTraceTextBytes: 20_000, maxBodyBytes: 200_000 });
});
afterEach(async () => {
  await store.close();
});

const authorization = (): string => `Bearer ${store.token}`;
const post = () => request(store.url).post('/v1/traces').set('Authorization', authorization());
const get = (path: string) => request(store.url).get(path).set('Authorization', authorization());
const postExample = () => post().send(exampleTrace).expect(200);

function oneSpanProtobuf(): { body: Buffer; traceId: string } {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.getTracer('t').startSpan('one').end();
  const spans = exporter.getFinishedSpans();
  const body = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []);
  return { body, traceId: spans[0]?.spanContext().traceId ?? '' };
}

const bytes = (response: request.Response): Buffer => response.body as Buffer;
const asBuffer: Parameters<request.Test['parse']>[0] = (response, done) => {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
};

describe('OTLP/HTTP', () => {
  test('takes JSON and answers in JSON', async () => {
    const response = await post().send(exampleTrace);
    expect([response.status, response.body]).toEqual([200, {}]);
    expect(response.headers['content-type']).toMatch('application/json');
    expect(store.trace(TRACE_ID)?.resourceSpans).toHaveLength(4);
  });

  test('takes gzipped protobuf and answers in protobuf', async () => {
    const { body, traceId } = oneSpanProtobuf();
    const sent = post().set('Content-Type', 'application/x-protobuf').set('Content-Encoding', 'gzip');
    const response = await sent.parse(asBuffer).send(gzipSync(body));
    expect([response.status, bytes(response).length]).toEqual([200, 0]);
    expect(response.headers['content-type']).toBe('application/x-protobuf');
    expect(store.traceIds()).toEqual([traceId]);
  });

  test('a bad field is 400 with its path, as a google.rpc.Status', async () => {
    const response = await post().send({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'x' }] }] }] });
    expect(response.status).toBe(400);
    expect(response.body).toEqual({
      code: 3,
      message: 'resourceSpans[0].scopeSpans[0].spans[0].traceId: must be 32 hex digits, is "x"',
    });
    expect(store.traceIds()).toEqual([]);
  });

  test('errors of a protobuf request come in protobuf', async () => {
    const sent = post().set('Content-Type', 'application/x-protobuf').parse(asBuffer);
    const response = await sent.send(Buffer.from([0x0a, 0x7f]));
    expect(response.status).toBe(400);
    const message = 'resourceSpans[0]: says 127 bytes follow where 0 are left';
    expect(bytes(response)).toEqual(
      Buffer.concat([Buffer.from([0x08, 3, 0x12, message.length]), Buffer.from(message)]),
    );
  });

  test('spans beyond the memory are a partial success that says how many', async () => {
    await postExample();
    const spans = Array.from({ length: 20 }, (_, index) => ({
      traceId: TRACE_ID,
      spanId: String(index + 1).padStart(16, '0'),
      name: 'more',
    }));
    const { body } = await post()
      .send({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
      .expect(200);
    expect(store.counters().spansRejected).toBeGreaterThan(0);
    expect(store.counters().spansRejected).toBeLessThan(20);
    expect(body).toEqual({
      partialSuccess: {
        rejectedSpans: String(store.counters().spansRejected),
        errorMessage: 'the trace is larger than the trace store may grow',
      },
    });
  });

  test('a body over the limit is 413, also when only its unpacked form is', async () => {
    const large = Buffer.alloc(300_000, 0x20);
    await post().set('Content-Type', 'application/json').send(large.toString()).expect(413);
    const packed = post().set('Content-Type', 'application/json').set('Content-Encoding', 'gzip');
    await packed
      .serialize((body: unknown) => body as string)
      .send(gzipSync(large) as unknown as string)
      .expect(413);
  });

  test('another content type is 415, another method 405', async () => {
    await post().set('Content-Type', 'text/plain').send('x').expect(415);
    const { headers } = await get('/v1/traces').expect(405);
    expect(headers['allow']).toBe('POST');
  });
});

describe('reading', () => {
  test("a trace in the shape of Jaeger's /api/traces/{id}", async () => {
    await postExample();
    const { body } = await get(`/api/traces/${TRACE_ID.toUpperCase()}`).expect(200);
    expect(body).toMatchObject({ total: 0, limit: 0, offset: 0, errors: null, data: [{ traceID: TRACE_ID }] });
    expect(body.data[0].spans).toHaveLength(53);
    expect(body.data[0].spans.every((span: { warnings: unknown }) => span.warnings === null)).toBe(true);
  });

  test('a trace as OTLP JSON, the same that was sent', async () => {
    await postExample();
    const { body } = await get(`/api/v3/traces/${TRACE_ID}`).expect(200);
    expect(body.result).toEqual(exampleTrace);
  });

  test('the list of traces, with the root, result and number of spans', async () => {
    await postExample();
    const { body } = await get('/api/traces').expect(200);
    expect(body.data).toMatchObject([
      {
        id: TRACE_ID,
        title: 'RUN build-and-test',
        runName: 'build-and-test-x7k2p',
        result: 'failure',
        spanCount: 53,
        durationMs: 5230,
      },
    ]);
  });

  test('a long answer is compressed for who takes that', async () => {
    await postExample();
    const encoding = async (accepted: string): Promise<string | null> => {
      const headers = { authorization: authorization(), 'accept-encoding': accepted };
      const response = await fetch(`${store.url}/api/waterfall/${TRACE_ID}`, { headers });
      expect(((await response.json()) as { rows: unknown[] }).rows.length).toBeGreaterThan(0);
      return response.headers.get('content-encoding');
    };
    expect([await encoding('gzip'), await encoding('identity'), await encoding('br')]).toEqual(['gzip', null, null]);
  });

  test('there is no link into a Jaeger that is not known', async () => {
    expect((await get(`/api/links/${TRACE_ID}`)).body).toEqual({});
  });

  test('an unknown trace is 404 and a bad id 400, as JSON', async () => {
    const unknown = await get(`/api/traces/${TRACE_ID}`).expect(404);
    expect(unknown.body).toMatchObject({ data: null, errors: [{ code: 404 }] });
    expect((await get(`/api/v3/traces/${TRACE_ID}`).expect(404)).body).toMatchObject({ error: { httpCode: 404 } });
    expect((await get('/api/traces/xyz').expect(400)).body.errors[0].msg).toMatch('up to 32 hex digits');
    await get('/api/events?trace=xyz').expect(400);
    await get('/api/nothing').expect(404);
  });

  test('the page may run only its own scripts and is never framed or cached', async () => {
    const { headers, text } = await get('/trace/1').expect(200);
    expect(headers['content-security-policy']).toMatch("default-src 'none'");
    expect(headers['content-security-policy']).not.toMatch('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(text).not.toMatch(/<script(?![^>]*src=)|https?:\/\//);
  });

  test.each(['/page/../server.ts', '/page/..%2fwaterfall.ts', '/page/%2e%2e/duration.ts', '/page/'])(
    '%s gives no file',
    async (path) => {
      await get(path).expect(404);
    },
  );
});

test('live updates name the trace that got spans, and end with the store', async () => {
  const response = await fetch(`${store.url}/api/events?trace=${TRACE_ID}`, {
    headers: { authorization: authorization() },
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (part: string): Promise<void> => {
    while (!text.includes(part)) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) throw new Error(`ended before ${part}: ${text}`);
      text += chunk.value;
    }
  };
  await until('event: ready');
  const other = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'other' };
  await post()
    .send({ resourceSpans: [{ scopeSpans: [{ spans: [other] }] }] })
    .expect(200);
  await postExample();
  await until(`data: {"traceId":"${TRACE_ID}"}`);
  expect(text).not.toContain(other.traceId);
});

test('a page that is closed gets no more updates', async () => {
  const [subscribed, unsubscribed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const onChange = () => {
    subscribed.resolve();
    return () => unsubscribed.resolve();
  };
  const server = express()
    .use(eventsRouter([{ onChange }]).router)
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const leaving = new AbortController();
  await fetch(`http://127.0.0.1:${port}/api/events`, { signal: leaving.signal });
  await subscribed.promise;
  leaving.abort();
  await unsubscribed.promise;
  server.close();
});

test("the product's own exporter understands what it answers: accepted, and refused for want of room", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const root = provider.getTracer('t').startSpan('root');
  const context = trace.setSpan(ROOT_CONTEXT, root);
  for (let index = 0; index < 400; index += 1) provider.getTracer('t').startSpan('child', {}, context).end();
  const spans = exporter.getFinishedSpans();
  const sink = createOtlpSink({ url: new URL(store.otlpUrl), headers: { authorization: authorization() } });
  await sink.send(spans.slice(0, 10));
  expect(store.trace(root.spanContext().traceId)?.resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(10);
  await expect(sink.send(spans.slice(10))).rejects.toThrow(/refused \d+ of \d+ spans/);
  await sink.close();
});

test('a port that is taken is an error that says so', async () => {
  const { port } = new URL(store.url);
  await expect(startTraceStore({ port: Number(port), log: silentLogger })).rejects.toThrow('EADDRINUSE');
});
