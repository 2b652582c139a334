import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { exampleTrace, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe-core finds serious or critical in the page as it is. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(`${axe}; void 0`);
  const { violations } = await page.evaluate<{ violations: Finding[] }>(`axe.run(document)`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
    );
}

const click = (text: string): string =>
  `[...document.querySelectorAll('button')].find((b) => b.textContent.includes(${JSON.stringify(text)})).click()`;

describeInChromium('the page for everyone', (browser) => {
  let store: TraceStore;
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
    await sendSpans(store, exampleTrace);
  });
  afterEach(async () => {
    await store.close();
  });

  test('bars, what is pressed and what is selected are seen where the system gives the colours', async () => {
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.playwright.emulateMedia({ forcedColors: 'active' });
    await page.until(`document.querySelector('.rows .row .work:not([hidden])')`);
    const [ground, bar, pressed, selected] = await page.evaluate<string[]>(`(() => {
      const background = (selector) => getComputedStyle(document.querySelector(selector)).backgroundColor;
      return [
        ...['body', '.rows .row .work:not([hidden])', '.button[aria-pressed=true]'].map(background),
        getComputedStyle(document.querySelector('.rows .row[aria-selected=true]')).outlineStyle,
      ];
    })()`);
    expect([bar, pressed]).not.toContain(ground);
    expect(selected).toBe('solid');
  });

  test.each([
    [1440, false],
    [1440, true],
    [390, false],
  ])('axe-core finds nothing serious at %d pixels, dark: %s', async (width, dark) => {
    const page = await browser.open(store.pageUrl(TRACE_ID), { width, height: 900, dark });
    await page.until(`document.querySelector('.details dt') && document.querySelector('.rows .row')`);
    expect(await findings(page)).toEqual([]);
    await page.press('f');
    await page.until(`document.querySelector('.functions tbody button')`);
    await page.evaluate(`document.querySelector('.functions tbody button').click()`);
    expect(await findings(page)).toEqual([]);
    await page.press('?');
    await page.until(`document.querySelector('dialog').open`);
    expect(await findings(page)).toEqual([]);
  });

  test.each([
    [1440, false],
    [1440, true],
    [390, false],
  ])(
    'axe-core finds nothing serious in the list, a comparison and the login at %d pixels, dark: %s',
    async (width, dark) => {
      const other = structuredClone(exampleTrace);
      for (const { spans } of other.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
        for (const span of spans) span.traceId = '2'.repeat(32);
      await sendSpans(store, other);
      const page = await browser.open(store.pageUrl(), { width, height: 900, dark });
      await page.until(`document.querySelectorAll('.card').length === 2`);
      await page.evaluate(`document.querySelectorAll('.pick').forEach((box) => box.click())`);
      expect(await findings(page)).toEqual([]);
      await page.evaluate(`document.querySelector('.picks a').click()`);
      await page.until(`document.querySelector('.compared')`);
      expect(await findings(page)).toEqual([]);
      const stranger = await browser.open(`${store.url}/trace/${TRACE_ID}`, { width, height: 900, dark });
      await stranger.until(`document.querySelector('main.login')`);
      expect(await findings(stranger)).toEqual([]);
    },
  );

  test('everything is reached by Tab, in the order of the page, and each stop shows that it has the focus', async () => {
    const page = await browser.open(store.pageUrl(TRACE_ID), { width: 1440, height: 900 });
    await page.until(`document.querySelector('.details dt')`);
    const stops: string[] = [];
    for (let stop = 0; stop < 60 && !stops.includes('close'); stop += 1) {
      await page.press('Tab');
      const where = await page.evaluate<string>(`(() => {
        const { activeElement: at } = document;
        const outline = getComputedStyle(at).outlineStyle;
        return outline === 'none' ? 'no outline: ' + at.outerHTML : at.className.split(' ')[0] || at.localName;
      })()`);
      stops.push(where);
    }
    const kinds = stops.filter((stop, index) => stop !== stops[index - 1]);
    expect(kinds).toEqual(['a', 'copy', 'button', 'link', 'button', 'search', 'button', 'row', 'close']);
  });

  test('a failure is understood by keyboard alone: to it, to its details, back', async () => {
    const page = await browser.open(store.pageUrl(TRACE_ID), { width: 1440, height: 900 });
    await page.until(`document.querySelector('.details dt')`);
    await page.press('Escape');
    await page.until(`!document.querySelector('.details')`);
    await page.press('n');
    await page.until(`document.querySelector('.details h2')?.textContent === 'step push'`);
    expect(await page.evaluate(`document.activeElement.querySelector('.label').textContent`)).toBe('step push');
    await page.press('ArrowUp');
    await page.press('Enter');
    await page.until(`document.querySelector('.details h2')?.textContent === 'step build'`);
    await page.evaluate(click('Waits'));
    await page.until(`document.querySelector('.grid').getAttribute('aria-rowcount') === '30'`);
  });
});
