import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import type { ResourceSpans, TracesData } from '../../shared/otlp/types.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { fromService, START_MS, TRACE_ID, type SpanInput } from '../unit/local/viewer/example-trace.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

const DETAILS = `document.querySelector('.details')`;
const run: SpanInput = { id: 'r', name: 'RUN p', from: 0, to: 1000, attributes: { pipelinerun: 'p-1' } };

describeInChromium('the page of an odd trace', (browser) => {
  let store: TraceStore;
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
  });
  afterEach(async () => {
    await store.close();
  });
  const open = async (traces: TracesData, hash = ''): Promise<Page> => {
    await sendSpans(store, traces);
    const page = await browser.open(`${store.pageUrl(TRACE_ID)}${hash}`);
    await page.until(`document.querySelector('h1')?.textContent`);
    return page;
  };
  const lifecycle = (spans: SpanInput[]): TracesData => ({ resourceSpans: [fromService('tekton-pipelines', spans)] });

  test('values are shown as they are, with what would hide or reorder them as numbers', async () => {
    const attributes = {
      'a\u202eb': 'x\u2066y\u0000z',
      html: '<img src=x onerror=alert(1)>',
      __proto__: 'own',
      empty: '',
    };
    const traces = lifecycle([{ ...run, attributes, events: [{ name: 'e\u200bvent', at: 5 }] }]);
    const page = await open(traces, '#row=' + (traces.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.spanId ?? ''));
    await page.until(`${DETAILS}?.querySelector('dt')`);
    const text = await page.evaluate<string>(`${DETAILS}.innerText`);
    for (const shown of ['a\\u202eb', 'x\\u2066y\\u0000z', '<img src=x onerror=alert(1)>', '""', 'e\\u200bvent'])
      expect(text).toContain(shown);
    expect(await page.evaluate(`document.querySelector('.details img')`)).toBeNull();
    expect(page.complaints).toEqual([]);
  });

  test('a span of a megabyte and thousands of events opens, and says what is not shown', async () => {
    const span: SpanInput = {
      ...run,
      attributes: { long: 'w'.repeat(1_000_000) },
      events: Array.from({ length: 5000 }, (_, index) => ({ name: `event ${index}`, at: index / 10 })),
    };
    const traces = lifecycle([span]);
    const page = await open(traces, `#row=${traces.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.spanId}`);
    await page.until(`${DETAILS}?.querySelector('dt')`);
    const text = await page.evaluate<string>(`${DETAILS}.textContent`);
    expect(text).toContain('980000 more characters, which are in the OTLP JSON');
    expect(text).toContain('4800 more are in the OTLP JSON');
    expect(await page.evaluate<number>(`document.querySelectorAll('.details *').length`)).toBeLessThan(3000);
  });

  test('a trace of controllers alone opens with their functions', async () => {
    const spans = [
      { id: 'a', name: 'PipelineRun:Reconciler', from: 0, to: 40, attributes: { pipelinerun: 'up' } },
      { id: 'b', parent: 'a', name: 'PipelineRun:ReconcileKind', from: 1, to: 30 },
    ];
    const page = await open({ resourceSpans: [fromService('pipelinerun-reconciler', spans)] });
    await page.until(`document.querySelector('.functions td')`);
    expect(await page.evaluate(`document.querySelector('.grid').hidden`)).toBe(true);
  });

  test('the names of deep rows are seen', async () => {
    const deep: SpanInput[] = Array.from({ length: 60 }, (_, index) => ({
      ...{ id: `d${index}`, parent: index === 0 ? 'r' : `d${index - 1}`, name: `deep ${index}`, from: index, to: 900 },
    }));
    const other: ResourceSpans = fromService('other', deep);
    const page = await open({ resourceSpans: [...lifecycle([run]).resourceSpans, other] }, '#fold=all');
    await page.until(`document.querySelectorAll('.rows .row').length > 25`);
    const widths = await page.evaluate<number[]>(
      `[...document.querySelectorAll('.rows .row .label')].map((label) => label.getBoundingClientRect().width)`,
    );
    expect(Math.min(...widths)).toBeGreaterThan(30);
  });

  test.each(['#ms=900000-990000', '#ms=0-Infinity', '#ms=0-1e300', '#ms=__proto__&row=%E0%A4%A&open=..'])(
    'an address whose part of time is none of the trace shows the trace: %s',
    async (hash) => {
      const page = await open(lifecycle([run]), hash);
      await page.until(`document.querySelector('.rows .row .work')?.style.width === '100%'`);
      expect(await page.evaluate(`document.querySelector('.whole').hidden`)).toBe(true);
      expect(page.complaints).toEqual([]);
    },
  );

  test('a run whose end never came is said to be lost, not only to run', async () => {
    const from = Date.now() - START_MS - 3 * 3_600_000;
    const attributes = { pipelinerun: 'p-1' };
    const page = await open(lifecycle([{ id: 't', parent: 'gone', name: 'task t', from, to: from + 9, attributes }]));
    await page.until(`/nothing came for .*: its end may be lost/.test(document.querySelector('.facts')?.textContent)`);
  });
});
