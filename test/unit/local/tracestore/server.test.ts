import { gzipSync } from 'node:zlib';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { linkPath, linkStart, readLink } from '../../../../local/tracestore/access/run-link.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { createTraceTokens } from '../../../../local/tracestore/access/trace-token.ts';
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

test('live updates tell which trace got spans, and end with the store', async () => {
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
