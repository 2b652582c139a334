import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import type { LogSource } from '../../local/viewer/log-place.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { exampleTrace, keyValues, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

/** Not in the repository: pictures for a person to see. */
const FOLDER = path.resolve('coverage/pictures');

const PNG = [0x89, 0x50, 0x4e, 0x47];

const logs: LogSource = async function* () {
  const lines = Array.from({ length: 40 }, (_, index) => `\x1b[32m✓\x1b[0m layer ${index} pushed`);
  yield Buffer.from(`${lines.join('\n')}\n\x1b[1;31munauthorized\x1b[0m: authentication required\n`);
};

/** The example, whose spans name their containers, as the product's do. */
function withContainers(): typeof exampleTrace {
  const trace = structuredClone(exampleTrace);
  for (const { scopeSpans } of trace.resourceSpans)
    for (const { spans } of scopeSpans)
      for (const span of spans) {
        const [, step] = /^step (.+)/.exec(span.name) ?? [];
        if (step !== undefined) span.attributes.push(...keyValues({ 'k8s.container.name': `step-${step}` }));
        if (span.name === 'pod scheduling') span.attributes.push(...keyValues({ 'k8s.pod.name': 'x7k2p-pod' }));
      }
  return trace;
}

describeInChromium('pictures of the page', (browser) => {
  let store: TraceStore;
  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    store = await startTraceStore({ log: silentLogger, logs });
    await sendSpans(store, withContainers());
  });
  afterAll(async () => {
    await store.close();
  });

  test.each([
    [1440, false],
    [1440, true],
    [800, false],
    [800, true],
    [390, false],
    [390, true],
  ])('at %d pixels, dark: %s, the failed step is open at the end of its log', async (width, dark) => {
    const page = await browser.open(store.pageUrl(TRACE_ID), { width, height: 900, dark });
    await page.until(`[...document.querySelectorAll('.log-line')].at(-1)?.textContent.startsWith('unauthorized')`);
    const picture = await page.screenshot();
    writeFileSync(path.join(FOLDER, `trace-${width}-${dark ? 'dark' : 'light'}.png`), picture);
    expect([...picture.subarray(0, 4)]).toEqual(PNG);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(page.complaints).toEqual([]);
  });
});
