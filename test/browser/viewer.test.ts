import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { ResourceSpans } from '../../shared/otlp/types.ts';
import { exampleTrace, fromService, lifecycle, TRACE_ID, type SpanInput } from '../unit/local/viewer/example-trace.ts';
import type { Browser, Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

const ROWS = `[...document.querySelectorAll('.rows .row')]`;
const rowNamed = (name: string): string =>
  `${ROWS}.find((row) => row.querySelector('.label').textContent === ${JSON.stringify(name)})`;
const rowCount = (count: number): string =>
  `document.querySelector('.grid')?.getAttribute('aria-rowcount') === '${count + 1}'`;
const button = (text: string): string =>
  `[...document.querySelectorAll('button')].find((b) => b.textContent.includes(${JSON.stringify(text)}))`;
/** The panel has its name at once, and its attributes once the store has answered. */
const detailsOf = (name: string): string =>
  `document.querySelector('.details h2')?.textContent === ${JSON.stringify(name)} && document.querySelector('.details dt')`;
/** Rows of the example without waits, init containers and controllers' functions. */
const EXAMPLE_ROWS = 14;

describeInChromium('the page', (browser) => {
  let store: TraceStore;
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
  });
  afterEach(async () => {
    await store.close();
  });

  const send = (resourceSpans: ResourceSpans[]): Promise<void> => sendSpans(store, { resourceSpans });
  const openExample = async (view?: Parameters<Browser['open']>[1]): Promise<Page> => {
    await send(exampleTrace.resourceSpans);
    const page = await browser.open(store.pageUrl(TRACE_ID), view);
    await page.until(rowCount(EXAMPLE_ROWS));
    return page;
  };

  test('draws the run as a tree of bars in their time, without the controller functions', async () => {
    const page = await openExample();
    expect(await page.evaluate('document.querySelector("h1").textContent')).toBe('build-and-test-x7k2p');
    expect(await page.evaluate('document.querySelector(".facts").textContent')).toMatch(/failure.*5\.23 s/);
    expect(await page.evaluate('location.search')).toBe('');
    const step = await page.evaluate(`(() => {
      const row = ${rowNamed('step push')};
      const bar = row.querySelector('.work');
      return { level: row.getAttribute('aria-level'), result: row.dataset.result, left: parseFloat(bar.style.left), width: parseFloat(bar.style.width) };
    })()`);
    expect(step).toMatchObject({ level: '3', result: 'failure' });
    expect(await page.evaluate(`${rowNamed('task deploy')}.querySelector('.duration').textContent`)).toBe('skipped');
    expect((step as { left: number }).left).toBeCloseTo((4020 / 5230) * 100, 1);
    expect((step as { width: number }).width).toBeCloseTo((440 / 5230) * 100, 1);
    expect(page.complaints).toEqual([]);
  });

  test('waits are the hatched ends of a bar, with their length in the row; Waits makes rows of them', async () => {
    const page = await openExample();
    const lead = await page.evaluate(`(() => {
      const row = ${rowNamed('task lint')};
      const widthOf = (part) => parseFloat(row.querySelector(part).style.width);
      return { text: row.querySelector('.lead-text').textContent, before: widthOf('.lead-in'), after: widthOf('.tail') };
    })()`);
    expect(lead).toMatchObject({ text: '230 ms wait' });
    const { before, after } = lead as { before: number; after: number };
    expect(before).toBeCloseTo((210 / 5230) * 100, 1);
    expect(after).toBeCloseTo((20 / 5230) * 100, 1);
    await page.evaluate(`${button('Waits')}.click()`);
    await page.until(rowCount(29));
    expect(await page.evaluate(`${rowNamed('task lint')}.querySelector('.lead-text').textContent`)).toBe('');
    expect(await page.evaluate('location.hash')).toContain('waits');
  });

  test('answers first: why it failed, what took long, how long it waited, which function was slow', async () => {
    const page = await openExample();
    const line = (kind: string): Promise<string> =>
      page.evaluate(`document.querySelector('[data-line=${kind}]')?.textContent ?? ''`);
    expect(await line('failure')).toBe('build-image › push exit code 1: unauthorized: authentication required');
    expect(await line('path')).toMatch(/^unit-tests › test \(1\.63 s of 5\.23 s\)→build-image→report/);
    expect(await line('slowest')).toMatch(/^unit-tests 2\.77 s/);
    expect(await line('slowest-steps')).toMatch(/^unit-tests › test 1\.63 s/);
    expect(await line('waits')).toMatch(/^871 ms of the critical path: starting 380 ms/);
    expect(await line('controllers')).toMatch(/^reconcile 95 ms in 5 calls, at most 19 ms/);
    expect(await line('skipped')).toBe('deployParent Tasks were skipped');
    await page.evaluate(`${button('report')}.click()`);
    await page.until(`document.querySelector('.details h2')?.textContent === 'task report'`);
    expect(await page.evaluate(`document.activeElement.querySelector('.label').textContent`)).toBe('task report');
  });

  test('the step that failed is open at once, with its exit code', async () => {
    const page = await openExample();
    await page.until(detailsOf('step push'));
    expect(await page.evaluate(`document.querySelector('.details .lead').textContent`)).toContain('exit 1');
    expect(await page.evaluate(`${rowNamed('step push')}.getAttribute('aria-selected')`)).toBe('true');
    await page.evaluate(`document.querySelector('.details .close').click()`);
    await page.until(`!document.querySelector('.details')`);
  });

  test('the panel of a row is there at once, and its place with it, while its details are awaited', async () => {
    const page = await openExample();
    await page.evaluate(`document.querySelector('.details .close')?.click()`);
    await page.evaluate(`{
      const answered = window.fetch;
      window.fetch = (url, ...rest) => (String(url).includes('/row/') ? new Promise(() => {}) : answered(url, ...rest));
    }`);
    await page.evaluate(`${rowNamed('task lint')}.click()`);
    await page.until(`document.querySelector('.details h2')?.textContent === 'task lint'`);
    expect(await page.evaluate(`document.querySelector('.details').textContent`)).not.toContain('Attributes');
    const left = (selector: string): Promise<unknown> =>
      page.evaluate(`document.querySelector('${selector}').getBoundingClientRect().left`);
    expect(await left('.view')).toBe(await left('.summary'));
  });

  test('controller functions are a table; a call leads to its reconcile in the waterfall', async () => {
    const page = await openExample();
    await page.evaluate(`${button('Controller functions (24, 2 with an error)')}.click()`);
    await page.until(`document.querySelectorAll('.functions tbody tr').length === 6`);
    const firstRow = `document.querySelector('.functions tbody tr').textContent`;
    expect(await page.evaluate(firstRow)).toMatch(/^reconcile.*pipelinerun595 ms140 ms28 ms28 ms/);
    await page.evaluate(`${button('Errors')}.click()`);
    await page.until(`${firstRow}.startsWith('updateStatus')`);
    await page.evaluate(`document.querySelector('.functions tbody button').click()`);
    await page.until(`document.querySelector('.calls')?.textContent.includes('409')`);
    await page.evaluate(`[...document.querySelectorAll('.calls button')].at(-1).click()`);
    await page.until(rowCount(EXAMPLE_ROWS + 3));
    expect(await page.evaluate(`document.activeElement.querySelector('.label').textContent`)).toBe('updateStatus');
    const link = await page.evaluate<string>('location.href');
    await page.playwright.goBack();
    await page.until(`!document.querySelector('.functions').hidden`);
    await page.playwright.goForward();
    await page.until(`document.querySelector('.functions').hidden`);
    await page.evaluate(`${button('Hide reconciles')}.click()`);
    await page.until(rowCount(EXAMPLE_ROWS));
    const other = await browser.open(store.pageUrl(TRACE_ID));
    await other.playwright.goto(link);
    await other.until(`document.querySelector('.details h2')?.textContent === 'updateStatus'`);
  });

  test('the panel of a task has its steps as links, and its waits', async () => {
    const page = await openExample();
    await page.evaluate(`${rowNamed('task build-image')}.click()`);
    await page.until(`document.querySelector('.details h2')?.textContent === 'task build-image'`);
    const parts = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.time-item')].map((item) => item.textContent)`,
    );
    expect(parts).toEqual(expect.arrayContaining(['step build890 ms', '✗step push440 ms']));
    expect(parts.at(-1)).toMatch(/^after its last step/);
    await page.evaluate(
      `[...document.querySelectorAll('.time-item .link')].find((link) => link.textContent === 'step push').click()`,
    );
    await page.until(`document.querySelector('.details h2')?.textContent === 'step push'`);
  });

  test('a click on a span shows its attributes, events and status; Escape closes them', async () => {
    const page = await openExample();
    await page.evaluate(`${rowNamed('step test')}.click()`);
    await page.until(detailsOf('step test'));
    const text = await page.evaluate<string>(`document.querySelector('.details').innerText`);
    expect(text).not.toContain('Waits');
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
    await page.press('ArrowDown');
    expect(await page.evaluate(focused)).toBe('task lint');
    await page.press('ArrowLeft');
    await page.until(rowCount(EXAMPLE_ROWS - 1));
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-expanded')`)).toBe('false');
    expect(await page.evaluate('location.hash')).toMatch(/^#shut=/);
    await page.press('ArrowRight');
    await page.until(rowCount(EXAMPLE_ROWS));
    await page.press('ArrowRight');
    expect(await page.evaluate(focused)).toBe('step lint');
    await page.press('Enter');
    await page.until(`document.querySelector('.details h2')?.textContent === 'step lint'`);
  });

  test('keys: / searches, n goes to the failure, + zooms, 0 shows everything, ? helps; the address keeps it', async () => {
    const page = await openExample();
    await page.press('/');
    await page.evaluate(`document.execCommand('insertText', false, 'notify')`);
    await page.until(`${ROWS}.filter((row) => row.classList.contains('found')).length === 1`);
    await page.press('Enter');
    await page.until(`document.querySelector('.details h2')?.textContent === 'step notify'`);
    await page.evaluate(`document.querySelector('.search').blur()`);
    await page.press('n');
    await page.until(`document.querySelector('.details h2')?.textContent === 'step push'`);
    await page.press('+');
    await page.until(`/ms=1307\\.5-3922\\.5/.test(location.hash)`);
    const again = await browser.open(
      (await page.evaluate<string>('location.href')).replace('#', `?token=${store.token}#`),
    );
    await again.until(rowCount(EXAMPLE_ROWS));
    await again.until(`document.querySelector('.details h2')?.textContent === 'step push'`);
    expect(await again.evaluate(`${rowNamed('step notify')}.querySelector('.work').hidden`)).toBe(true);
    await page.press('0');
    await page.until(`!location.hash.includes('ms=')`);
    await page.press('?');
    await page.until(`document.querySelector('dialog').open`);
  });

  test('dragging over the axis zooms to that part, Ctrl and the wheel further, a double click shows everything', async () => {
    const page = await openExample({ width: 1440, height: 900 });
    const { mouse } = page.playwright;
    // The panel of the failed step makes the axis narrower.
    await page.until(`document.querySelector('.details dt')`);
    const box = await page.evaluate<{ x: number; y: number; width: number }>(
      `(({ x, y, width }) => ({ x, y: y + 10, width }))(document.querySelector('.axis').getBoundingClientRect())`,
    );
    await mouse.move(box.x + box.width / 2, box.y);
    await mouse.down();
    await mouse.move(box.x + (box.width * 3) / 4, box.y, { steps: 4 });
    await mouse.up();
    const range = `(/ms=([\\d.]+)-([\\d.]+)/.exec(location.hash) ?? []).slice(1).map(Number)`;
    await page.until(`${range}.length === 2`);
    const [from = 0, to = 0] = await page.evaluate<number[]>(range);
    expect(Math.abs(from - 5230 / 2)).toBeLessThan(30);
    expect(Math.abs(to - (5230 * 3) / 4)).toBeLessThan(30);
    expect(await page.evaluate(`${rowNamed('step lint')}.querySelector('.work').hidden`)).toBe(true);
    await page.playwright.keyboard.down('Control');
    await mouse.wheel(0, -200);
    await page.playwright.keyboard.up('Control');
    await page.until(`${range}[1] - ${range}[0] < ${(to - from) * 0.9}`);
    await mouse.dblclick(box.x + 20, box.y);
    await page.until(`!location.hash.includes('ms=')`);
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
    await page.until(`document.querySelector('.details dt')`);
    expect(await page.evaluate(`document.querySelector('.details dt').textContent`)).toBe(hostile);
    expect(await page.evaluate(`document.querySelectorAll('#app img, #app script').length`)).toBe(0);
    expect(await page.evaluate('window.owned === undefined')).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test('follows a run without its API objects: an empty page, a placeholder with what has arrived, the finished run', async () => {
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(`document.querySelector('.empty')?.textContent.includes('No span of this trace is here')`);
    const [root, ...rest] = lifecycle;
    if (!root) throw new Error('the example has no root');
    await send([fromService('tekton-pipelines', rest.slice(0, 7))]);
    await page.until(`${rowNamed('step lint')} !== undefined`);
    expect(await page.evaluate(`document.querySelector('.rows .label').textContent`)).toBe('running…');
    expect(await page.evaluate(`document.querySelector('.facts').textContent`)).toMatch(/^●running/);
    await page.evaluate(`${rowNamed('step lint')}.click()`);
    await page.until(detailsOf('step lint'));
    expect(await page.evaluate(`document.querySelector('.details').textContent`)).not.toContain('not in the trace');
    await page.evaluate(`${button('Waits')}.click()`);
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
    await page.until(`location.hostname === '127.0.0.1' && ${rowCount(EXAMPLE_ROWS)}`);
    expect(await page.evaluate('location.search')).toBe('');
  });

  test.each([390, 800, 1440, 2000])('nothing is cut off or scrolled sideways at %d pixels', async (width) => {
    const page = await openExample({ width, height: 800 });
    await page.until(`document.querySelector('.details')`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const bars = `${ROWS}.every((row) => row.querySelector('.work').getBoundingClientRect().right <= innerWidth)`;
    expect(await page.evaluate(bars)).toBe(true);
    const labels = `(() => {
      const { right } = document.querySelector('.axis').getBoundingClientRect();
      const places = [...document.querySelectorAll('.tick')].map((tick) => tick.getBoundingClientRect());
      return places.length >= 2 && places.every((place, index) => place.right <= right + 1 && (index === 0 || place.left >= places[index - 1].right + 8));
    })()`;
    expect(await page.evaluate(labels)).toBe(true);
  });

  test('of five thousand spans only those in the window are in the document; the last is reached', async () => {
    const many = Array.from({ length: 5000 }, (_, index): SpanInput => ({
      id: `m${index}`,
      parent: 'r',
      name: `task ${index}`,
      from: index,
      to: index + 5,
    }));
    await send([fromService('tekton-pipelines', [{ id: 'r', name: 'RUN many', from: 0, to: 5005 }, ...many])]);
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(rowCount(5001));
    expect(await page.evaluate<number>(`${ROWS}.length`)).toBeLessThan(100);
    await page.evaluate(`${ROWS}[0].focus()`);
    await page.press('End');
    await page.until(`document.activeElement.querySelector('.label')?.textContent === 'task 4999'`);
    await page.press('Enter');
    await page.until(`document.querySelector('.details h2')?.textContent === 'task 4999'`);
    expect(await page.evaluate<number>(`${ROWS}.length`)).toBeLessThan(100);
  });
});
