import { expect } from '@jest/globals';
import type { TraceStore } from '../../local/tracestore/server.ts';
import type { TracesData } from '../../shared/otlp/types.ts';

/** Exports a document to the store, which must accept all of it. */
export async function sendSpans({ otlpUrl, token }: TraceStore, traces: TracesData): Promise<void> {
  const response = await fetch(otlpUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify(traces),
  });
  expect([response.status, await response.json()]).toEqual([200, {}]);
}
