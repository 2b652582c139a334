import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { ResourceSpans } from '../../shared/otlp/types.ts';
import { exampleTrace, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import { findChromium, launchChromium, type Browser } from './chromium.ts';

const chromium = findChromium();
if (!chromium) {
  const missing = 'no Chromium found: install it, or set CHROMIUM to its path';
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.warn(`browser tests skipped: ${missing}`);
}

(chromium ? describe : describe.skip)('the list', () => {
  let browser: Browser;
  let store: TraceStore;
  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '');
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
  });
  afterEach(async () => {
    await store.close();
  });

  const send = async (resourceSpans: ResourceSpans[]): Promise<void> => {
    const response = await fetch(store.otlpUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${store.token}` },
      body: JSON.stringify({ resourceSpans }),
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);
  };

  test('a link to one run shows that run, and for the list how to get in', async () => {
    await send(exampleTrace.resourceSpans);
    const page = await browser.open(store.runUrl(TRACE_ID));
    await page.until(`document.querySelector('h1')?.textContent === 'build-and-test-x7k2p'`);
    expect(await page.evaluate('location.search')).toBe('');
    expect(page.complaints).toEqual([]);
    await page.evaluate(`void (location.href = '/')`);
    await page.until(`document.querySelector('main.login')`);
    expect(await page.evaluate('document.body.innerText')).toContain('tektrace up');
  });
});
