import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import request from 'supertest';
import { STEP_LIMITS, StepLimits } from '../../../../local/tracestore/ingest/step-limits.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { createStepTokens, STEP_TOKEN_HEADER } from '../../../../local/tracestore/ingest/step-token.ts';
import { attribute, locateSpans, type LocatedSpan } from '../../../../shared/otlp/spans.ts';
import type { SpanSender } from '../../../../shared/otlp/sender.ts';
import type { ResourceSpans } from '../../../../shared/otlp/types.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { exampleTrace, fromService, spanId, TRACE_ID, type SpanInput } from '../viewer/example-trace.ts';
import { fc } from '../../../support/property.ts';

const OTHER_TRACE = 'f'.repeat(32);
const sender: SpanSender = {
  traceId: TRACE_ID,
  spanId: spanId('unit-2'),
  namespace: 'default',
  pod: 'unit-pod',
  container: 'step-test',
};

let store: TraceStore;
let forwarded: string[];
beforeEach(async () => {
  forwarded = [];
  store = await startTraceStore({
    log: silentLogger,
    onStepSpans: (traces) => forwarded.push(...locateSpans(traces).map(({ span }) => span.name)),
  });
});
afterEach(async () => {
  await store.close();
});

const withToken = (token: string) => request(store.url).post('/v1/traces').set(STEP_TOKEN_HEADER, token);
const fromStep = () => withToken(store.stepToken(sender));
const span = (id: string, more: Partial<SpanInput> = {}): SpanInput => ({
  id,
  name: id,
  from: 1300,
  to: 1400,
  ...more,
});
const sent = (...spans: SpanInput[]): { resourceSpans: ResourceSpans[] } => ({
  resourceSpans: [fromService('make', spans)],
});
const sendOwn = () =>
  request(store.url).post('/v1/traces').set('Authorization', `Bearer ${store.token}`).send(exampleTrace);
const spansOf = (traceId: string): LocatedSpan[] => locateSpans(store.trace(traceId) ?? { resourceSpans: [] });
const named = (name: string): LocatedSpan | undefined =>
  spansOf(TRACE_ID).find((located) => located.span.name === name);

test('spans of a step join the trace of its run, with who sent them on their resource', async () => {
  await fromStep()
    .send(sent(span('compile', { parent: 'unit-2' })))
    .expect(200, {});
  const { resource, span: compile } = named('compile') ?? {};
  expect(compile?.parentSpanId).toBe(sender.spanId);
  expect(Object.fromEntries(resource?.attributes.map(({ key, value }) => [key, value.stringValue]) ?? [])).toEqual({
    'service.name': 'make',
    'host.name': 'example',
    'k8s.namespace.name': 'default',
    'k8s.pod.name': 'unit-pod',
    'k8s.container.name': 'step-test',
    'tektrace.sender.trace_id': TRACE_ID,
    'tektrace.sender.span_id': sender.spanId,
  });
  expect(forwarded).toEqual(['compile']);
});

test('what a step says of its sender counts for nothing', async () => {
  const [claimed] = sent(span('a', { attributes: { 'tektrace.apart': 'no', kept: 1 } })).resourceSpans;
  claimed?.resource.attributes.push(
    ...['tektrace.sender.span_id', 'k8s.pod.name', 'tektrace.x'].map((key) => ({ key, value: { stringValue: 'lie' } })),
  );
  await fromStep()
    .send({ resourceSpans: [claimed] })
    .expect(200);
  const { resource, span: stored } = named('a') ?? {};
  expect(JSON.stringify(resource)).not.toContain('lie');
  expect(attribute(resource?.attributes ?? [], 'k8s.pod.name')).toBe('unit-pod');
  expect(stored?.attributes.map(({ key }) => key)).toEqual(['kept']);
});

test('a span claimed for another trace is kept with its sender, marked, and never in that trace', async () => {
  await request(store.url)
    .post('/v1/traces')
    .set('Authorization', `Bearer ${store.token}`)
    .send({ resourceSpans: [fromService('tekton-pipelines', [span('victim', { traceId: OTHER_TRACE })])] });
  await fromStep()
    .send(sent(span('forged', { traceId: OTHER_TRACE })))
    .expect(200, {});
  expect(spansOf(OTHER_TRACE).map((located) => located.span.name)).toEqual(['victim']);
  expect(named('forged')?.span).toMatchObject({ traceId: OTHER_TRACE });
  expect(attribute(named('forged')?.span.attributes ?? [], 'tektrace.apart')).toBe('other-trace');
  const jaeger = await request(store.url).get(`/api/traces/${TRACE_ID}`).set('Authorization', `Bearer ${store.token}`);
  expect((jaeger.body as { data: { spans: unknown[] }[] }).data[0]?.spans).toEqual([]);
});

test.each(['before', 'after'])(
  "a span with the id of one of the run's is marked, when it comes %s that one",
  async (order) => {
    const forge = () => fromStep().send(sent(span('unit-2', { name: 'forged' })));
    if (order === 'before') await forge();
    await sendOwn();
    if (order === 'after') await forge();
    expect(attribute(named('forged')?.span.attributes ?? [], 'tektrace.apart')).toBe('span-id-taken');
    expect(named('step test')?.span.attributes.map(({ key }) => key)).not.toContain('tektrace.apart');
    expect(store.hasOwnSpan(TRACE_ID, spanId('unit-2'))).toBe(true);
  },
);

test('an identical span of a step is kept once, other content under its id beside it', async () => {
  await fromStep().send(sent(span('a')));
  await fromStep().send(sent(span('a')));
  await fromStep().send(sent(span('a', { name: 'changed' })));
  expect(spansOf(TRACE_ID).map((located) => located.span.name)).toEqual(['a', 'changed']);
});

test.each(['/', '/api/traces', `/api/traces/${TRACE_ID}`, `/api/v3/traces/${TRACE_ID}`, '/api/events'])(
  "a step's token reads nothing: %s",
  async (path) => {
    await sendOwn();
    const token = store.stepToken(sender);
    await request(store.url).get(path).set(STEP_TOKEN_HEADER, token).expect(401);
    await request(store.url).get(path).set('Authorization', `Bearer ${token}`).expect(401);
    await request(store.url)
      .get(`${path}?token=${encodeURIComponent(token)}`)
      .expect(401);
  },
);

test('a token of another process, a changed one, and anything else is refused', async () => {
  const token = store.stepToken(sender);
  const [claims = '', mac = ''] = token.split('.');
  const other = Buffer.from(JSON.stringify([OTHER_TRACE, sender.spanId, 'a', 'b', 'c'])).toString('base64url');
  const wrong = [
    createStepTokens().issue(sender),
    `${other}.${mac}`,
    claims,
    `${claims}.`,
    `.${mac}`,
    'x',
    store.token,
    '',
  ];
  for (const text of wrong)
    await withToken(text)
      .send(sent(span('a')))
      .expect(401);
  expect(store.traceIds()).toEqual([]);
});

test('no body that a step sends does more than get an answer', async () => {
  const types = fc.constantFrom('application/json', 'application/x-protobuf');
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${text}]}]}]}`)),
  );
  await fc.assert(
    fc.asyncProperty(types, bodies, fc.boolean(), async (type, body, gzip) => {
      const post = fromStep().set('Content-Type', type);
      if (gzip) void post.set('Content-Encoding', 'gzip');
      const { status } = await post
        .serialize((raw: unknown) => raw as string)
        .send((gzip ? gzipSync(body) : body) as unknown as string);
      expect([200, 400]).toContain(status);
    }),
    { numRuns: 100 },
  );
});

test('a run whose steps have sent their share gets no more, other runs do', async () => {
  const many = (from: number, count: number): SpanInput[] =>
    Array.from({ length: count }, (_, index) => span(String(from + index)));
  const half = STEP_LIMITS.spans / 2;
  await fromStep()
    .send(sent(...many(0, half)))
    .expect(200, {});
  const { body } = await fromStep()
    .send(sent(...many(half, half + 1)))
    .expect(200);
  expect(body).toMatchObject({ partialSuccess: { rejectedSpans: String(half + 1) } });
  await fromStep()
    .send(sent(...many(half, half)))
    .expect(200, {});
  await fromStep()
    .send(sent(span('more')))
    .expect(413);
  await withToken(store.stepToken({ ...sender, traceId: OTHER_TRACE }))
    .send(sent(span('b', { traceId: OTHER_TRACE })))
    .expect(200, {});
});

test('requests that come too fast are refused with when to come again; each run has its own measure', () => {
  let nowMs = 0;
  const limits = new StepLimits(() => nowMs);
  for (let index = 0; index < STEP_LIMITS.burst; index += 1) limits.admit(TRACE_ID);
  expect(() => limits.admit(TRACE_ID)).toThrow(
    expect.objectContaining({ status: 429, headers: { 'Retry-After': '1' } }),
  );
  limits.admit(OTHER_TRACE);
  nowMs += 1000 / STEP_LIMITS.requestsPerSecond;
  limits.admit(TRACE_ID);
  expect(() => limits.admit(TRACE_ID)).toThrow();
});

test('bytes that are no OTLP count, too', () => {
  const limits = new StepLimits(() => 0);
  limits.countBytes(TRACE_ID, STEP_LIMITS.bytes);
  expect(() => limits.admit(TRACE_ID)).toThrow(expect.objectContaining({ status: 413 }));
});

test('bytes of bodies that are no OTLP are a part of what the steps of a run may send', async () => {
  const body = Buffer.alloc(STEP_LIMITS.bytes / 2);
  const send = (): request.Test => fromStep().set('Content-Type', 'application/x-protobuf').send(body);
  await send().expect(400);
  await send().expect(400);
  await fromStep()
    .send(sent(span('late')))
    .expect(413);
});

test('spans that do not fit into their trace go nowhere else', async () => {
  const small = await startTraceStore({
    log: silentLogger,
    maxTraceTextBytes: 1,
    onStepSpans: (traces) => forwarded.push(...locateSpans(traces).map(({ span: { name } }) => name)),
  });
  const token = small.stepToken(sender);
  const send = (name: string) =>
    request(small.url)
      .post('/v1/traces')
      .set(STEP_TOKEN_HEADER, token)
      .send(sent(span(name)));
  await send('fits').expect(200, {});
  const { body } = await send('does-not').expect(200);
  expect(body).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
  expect(forwarded).toEqual(['fits']);
  await small.close();
});

test('metrics and logs are refused with what to set', async () => {
  for (const path of ['/v1/metrics', '/v1/logs']) {
    const { body } = await request(store.url)
      .post(path)
      .set(STEP_TOKEN_HEADER, store.stepToken(sender))
      .send({})
      .expect(404);
    expect((body as { message: string }).message).toMatch('OTEL_METRICS_EXPORTER=none');
  }
});
