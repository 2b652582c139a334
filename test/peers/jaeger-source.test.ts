import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createJaegerQuery } from '../../local/jaeger/query.ts';
import { buildWaterfall } from '../../local/viewer/waterfall.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';
import { summarizeRun } from '../../local/viewer/summary/summary.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { exampleTrace as example, START_MS, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

/** The example as the product exports it: a span has at least a microsecond. */
function exported(): TracesData {
  const trace = structuredClone(example);
  for (const { spans } of trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
    for (const span of spans)
      if (span.endTimeUnixNano === span.startTimeUnixNano)
        span.endTimeUnixNano = String(BigInt(span.startTimeUnixNano) + 1000n);
  return trace;
}
const exampleTrace = exported();

/** What page and terminal draw. */
const drawn = (traces: TracesData | undefined): unknown => {
  const waterfall: Waterfall = buildWaterfall(TRACE_ID, traces ?? { resourceSpans: [] });
  const { title, runName, namespace, result, durationMs, spanCount, controller } = waterfall;
  return {
    ...{ title, runName, namespace, result, durationMs, spanCount, controller },
    summary: summarizeRun(waterfall),
    rows: waterfall.rows.map(({ attributes, resource: _resource, scope: _scope, kind, service, ...row }) => ({
      ...row,
      ...{ kind, service },
      attributes: Object.fromEntries(attributes),
    })),
  };
};

describe('a trace from the real Jaeger is drawn as from its file', () => {
  let jaeger: Jaeger;
  /** A Jaeger without /api/v3, as its first version is. */
  let older: Server;
  beforeAll(async () => {
    jaeger = await startJaeger();
    older = createServer((request, response) => {
      const path = request.url ?? '';
      if (path.startsWith('/api/v3')) return void response.end('<!doctype html>');
      return void fetch(`${jaeger.queryUrl}${path}`).then(
        async (answer) => response.writeHead(answer.status).end(await answer.text()),
        () => response.destroy(),
      );
    });
    older.listen(0, '127.0.0.1');
    await once(older, 'listening');
    // Twice, as after a crash between the collector's answer and the mark.
    for (let copy = 0; copy < 2; copy += 1) {
      const sent = await fetch(jaeger.otlpUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(exampleTrace),
      });
      expect(sent.status).toBe(200);
    }
  });
  afterAll(async () => {
    older.close();
    older.closeAllConnections();
    await jaeger.stop();
  });
  const olderUrl = (): string => `http://127.0.0.1:${(older.address() as AddressInfo).port}`;
  const expected = drawn(exampleTrace);

  test('through /api/v3', async () => {
    expect(drawn(await createJaegerQuery({ url: jaeger.queryUrl }).trace(TRACE_ID))).toEqual(expected);
  });

  test('through /api/traces', async () => {
    expect(drawn(await createJaegerQuery({ url: olderUrl() }).trace(TRACE_ID))).toEqual(expected);
  });

  test.each(['/api/v3', '/api'])('found by service and time through %s', async (api) => {
    const query = createJaegerQuery({ url: api === '/api' ? olderUrl() : jaeger.queryUrl });
    const search = { service: 'tekton-pipelines', fromMs: START_MS - 1000, toMs: START_MS + 60_000, limit: 10 };
    const found = await query.search(search);
    expect([...found.keys()]).toEqual([TRACE_ID]);
    expect(drawn(found.get(TRACE_ID))).toEqual(expected);
    expect((await query.search({ ...search, fromMs: 0, toMs: 1000 })).size).toBe(0);
  });

  test('and one that it does not have is none', async () => {
    for (const url of [jaeger.queryUrl, olderUrl()])
      expect(await createJaegerQuery({ url }).trace('9'.repeat(32))).toBeUndefined();
  });
});
