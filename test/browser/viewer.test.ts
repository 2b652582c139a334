import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { ResourceSpans } from '../../shared/otlp/types.ts';
import { exampleTrace, fromService, lifecycle, TRACE_ID, type SpanInput } from '../unit/local/viewer/example-trace.ts';
import { findChromium, launchChromium, type Browser, type Page } from './chromium.ts';

const chromium = findChromium();
if (!chromium) {
  const missing = 'no Chromium found: install it, or set CHROMIUM to its path';
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.warn(`browser tests skipped: ${missing}`);
}

const ROWS = `[...document.querySelectorAll('.rows .row')]`;
const rowNamed = (name: string): string =>
  `${ROWS}.find((row) => row.querySelector('.label').textContent === ${JSON.stringify(name)})`;
const rowCount = (count: number): string => `document.querySelectorAll('.rows .row').length === ${count}`;

(chromium ? describe : describe.skip)('the page', () => {
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
  const openExample = async (view?: Parameters<Browser['open']>[1]): Promise<Page> => {
    await send(exampleTrace.resourceSpans);
    const page = await browser.open(store.pageUrl(TRACE_ID), view);
    await page.until(rowCount(29));
    return page;
  };

  test('draws the run as a tree of bars in their time, without the controller functions', async () => {
    const page = await openExample();
    expect(await page.evaluate('document.querySelector("h1").textContent')).toBe('build-and-test-x7k2p');
    expect(await page.evaluate('document.querySelector(".facts").textContent')).toMatch(/failure.*5\.23 s/);
    expect(await page.evaluate('location.search')).toBe('');
    const step = await page.evaluate(`(() => {
      const row = ${rowNamed('step push')};
      const bar = row.querySelector('.bar');
      return { level: row.getAttribute('aria-level'), result: row.dataset.result, left: parseFloat(bar.style.left), width: parseFloat(bar.style.width) };
    })()`);
    expect(step).toMatchObject({ level: '3', result: 'failure' });
    expect((step as { left: number }).left).toBeCloseTo((4020 / 5230) * 100, 1);
    expect((step as { width: number }).width).toBeCloseTo((440 / 5230) * 100, 1);
    expect(page.complaints).toEqual([]);
  });

  test('shows the controller functions on demand', async () => {
    const page = await openExample();
    const button = `[...document.querySelectorAll('button')].find((b) => b.textContent.includes('controller functions'))`;
    expect(await page.evaluate(`${button}.textContent`)).toBe('Show controller functions (24, 2 with an error)');
    await page.evaluate(`${button}.click()`);
    await page.until(rowCount(53));
    await page.evaluate(`${button}.click()`);
    await page.until(rowCount(29));
  });

  test('a click on a span shows its attributes, events and status; Escape closes them', async () => {
    const page = await openExample();
    await page.evaluate(`${rowNamed('step test')}.click()`);
    await page.until(`document.querySelector('.details')`);
    const text = await page.evaluate<string>(`document.querySelector('.details').innerText`);
    for (const part of [
      'step test',
      'container.image.name',
      'node:24',
      'first test',
      'math.test.ts',
      'tekton-pipelines',
    ]) {
      expect(text).toContain(part);
    }
    await page.press('Escape');
    await page.until(`!document.querySelector('.details')`);
  });

  test('is driven by the keyboard: arrows move, close and open, Enter shows details', async () => {
    const page = await openExample();
    const focused = `document.activeElement.querySelector('.label').textContent`;
    await page.evaluate(`document.querySelector('.rows .row').focus()`);
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await page.press(key);
    expect(await page.evaluate(focused)).toBe('task lint');
    await page.press('ArrowLeft');
    await page.until(rowCount(25));
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-expanded')`)).toBe('false');
    await page.press('ArrowRight');
    await page.until(rowCount(29));
    await page.press('ArrowRight');
    expect(await page.evaluate(focused)).toBe('pod scheduling');
    await page.press('Enter');
    await page.until(`document.querySelector('.details h2')?.textContent === 'pod scheduling'`);
  });

  test('text of a trace is shown as text, with any content', async () => {
    const hostile = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>"\'&lt;';
    const span: SpanInput = {
      id: 'h',
      name: hostile,
      from: 0,
      to: 5,
      attributes: { [hostile]: hostile, __proto__x: 'javascript:window.owned=1', pipelinerun: hostile },
      error: hostile,
      events: [{ name: hostile, at: 1, attributes: { [hostile]: hostile } }],
    };
    await send([fromService(hostile, [span])]);
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(rowCount(1));
    expect(await page.evaluate(`document.querySelector('.rows .label').textContent`)).toBe(hostile);
    await page.evaluate(`document.querySelector('.rows .row').click()`);
    await page.until(`document.querySelector('.details')`);
    expect(await page.evaluate(`document.querySelector('.details dt').textContent`)).toBe(hostile);
    expect(await page.evaluate(`document.querySelectorAll('#app img, #app script').length`)).toBe(0);
    expect(await page.evaluate('window.owned === undefined')).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test('follows a run: an empty page, a placeholder with what has arrived, the finished run', async () => {
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(`document.querySelector('.empty')?.hidden === false`);
    const [root, ...rest] = lifecycle;
    if (!root) throw new Error('the example has no root');
    await send([fromService('tekton-pipelines', rest.slice(0, 7))]);
    await page.until(rowCount(8));
    expect(await page.evaluate(`document.querySelector('.rows .label').textContent`)).toBe('running…');
    expect(await page.evaluate(`document.querySelector('.facts').textContent`)).toMatch(/^●running/);
    await page.evaluate(`${rowNamed('step lint')}.click()`);
    await send([fromService('tekton-pipelines', [...rest.slice(7), root])]);
    await page.until(rowCount(lifecycle.length));
    expect(await page.evaluate(`document.querySelector('.rows .label').textContent`)).toBe('RUN build-and-test');
    expect(await page.evaluate(`document.querySelector('.facts').textContent`)).toMatch(/failure/);
    expect(await page.evaluate(`document.querySelector('.details h2').textContent`)).toBe('step lint');
    expect(page.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  test('opens from a link on another site, as a terminal in a web page has it', async () => {
    await send(exampleTrace.resourceSpans);
    const elsewhere = store.pageUrl().replace('127.0.0.1', 'localhost');
    const page = await browser.open(elsewhere);
    await page.until(`document.querySelector('.card')`);
    await page.evaluate(`void (location.href = ${JSON.stringify(store.pageUrl(TRACE_ID))})`);
    await page.until(`location.hostname === '127.0.0.1' && ${rowCount(29)}`);
    expect(await page.evaluate('location.search')).toBe('');
  });

  test.each([400, 1000, 2000])('nothing is cut off or scrolled sideways at %d pixels', async (width) => {
    const page = await openExample({ width, height: 800 });
    await page.evaluate(`${rowNamed('step push')}.click()`);
    await page.until(`document.querySelector('.details')`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const bars = `${ROWS}.every((row) => row.querySelector('.bar').getBoundingClientRect().right <= innerWidth)`;
    expect(await page.evaluate(bars)).toBe(true);
    expect(await page.evaluate(`document.querySelector('.axis').children.length >= 2`)).toBe(true);
  });

  test('a thousand spans are all there, and a click still draws', async () => {
    const many = Array.from({ length: 1000 }, (_, index): SpanInput => ({
      id: `m${index}`,
      parent: 'r',
      name: `task ${index}`,
      from: index,
      to: index + 5,
    }));
    await send([fromService('tekton-pipelines', [{ id: 'r', name: 'RUN many', from: 0, to: 1005 }, ...many])]);
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(rowCount(1001));
    await page.evaluate(`${rowNamed('task 999')}.click()`);
    await page.until(`document.querySelector('.details h2')?.textContent === 'task 999'`);
  });
});
