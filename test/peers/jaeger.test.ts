import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';

describe('the real Jaeger', () => {
  let jaeger: Jaeger;
  beforeAll(async () => {
    jaeger = await startJaeger();
  });
  afterAll(async () => {
    await jaeger.stop();
  });

  test('stores a span sent by OTLP and reads it back at once', async () => {
    const startTimeUnixNano = `${Date.now()}000000`;
    const span = {
      traceId,
      spanId: 'b7ad6b7169203331',
      name: 'RUN build',
      kind: 2,
      startTimeUnixNano,
      endTimeUnixNano: startTimeUnixNano,
    };
    const sent = await fetch(jaeger.otlpUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'tekton-pipelines' } }] },
            scopeSpans: [{ spans: [span] }],
          },
        ],
      }),
    });
    expect(sent.status).toBe(200);

    const read = await fetch(`${jaeger.queryUrl}/api/traces/${traceId}`);
    const { data } = (await read.json()) as { data: { spans: { operationName: string }[] }[] };
    expect(data.map((trace) => trace.spans.map((stored) => stored.operationName))).toEqual([['RUN build']]);
  });

  test('answers on the Thrift port', async () => {
    const answer = await fetch(jaeger.thriftUrl, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
    expect(answer.status).toBe(400);
  });

  test('is gone after stop', async () => {
    const other = await startJaeger();
    await other.stop();
    await expect(fetch(other.queryUrl)).rejects.toThrow();
  });
});
