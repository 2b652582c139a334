import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { HttpError } from '../../local/tracestore/api/http-error.ts';
import { TraceMemory } from '../../local/tracestore/memory/memory.ts';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { listOf } from '../../local/tracestore/views/trace-list.ts';
import { startViewer, type Viewer } from '../../local/tracestore/viewer.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { exampleTrace, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

const OFFLINE = `document.querySelector('.offline')`;

describeInChromium('a page whose Tektrace ended and was started again', (browser) => {
  let store: TraceStore;
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
    await sendSpans(store, exampleTrace);
  });
  afterEach(async () => {
    await store.close();
  });

  test.each([
    ['the list', '/', '.card'],
    ['a trace', `/trace/${TRACE_ID}`, '.rows .row'],
    ['a comparison', `/compare/${TRACE_ID}/${TRACE_ID}`, '.compared'],
  ])('%s says that its traces ended, and where the new address is', async (_title, path, content) => {
    const page = await browser.open(`${store.url}${path}?token=${store.token}`);
    await page.until(`document.querySelector('${content}')`);
    await store.close();
    await page.until(`!${OFFLINE}.hidden`);
    expect(await page.evaluate(`${OFFLINE}.textContent`)).toMatch(/^Tektrace does not answer\. /);
    store = await startTraceStore({ log: silentLogger, port: Number(new URL(store.url).port) });
    await page.until(`document.querySelector('main.login')`);
    expect(await page.evaluate(`document.querySelector('main').innerText`)).toContain(
      'were in its memory and ended with it',
    );
  });

  test('a trace goes on by itself when the token is the same', async () => {
    const { token, url } = store;
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(`document.querySelector('.rows .row')`);
    await store.close();
    await page.until(`document.querySelector('main.stopped')`);
    store = await startTraceStore({ log: silentLogger, port: Number(new URL(url).port), token });
    await sendSpans(store, exampleTrace);
    await page.until(`${OFFLINE}.hidden && !document.querySelector('main.stopped')`);
  });
});

describeInChromium('a part of the page that cannot be loaded', (browser) => {
  let store: TraceStore;
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
    await sendSpans(store, exampleTrace);
  });
  afterEach(async () => {
    await store.close();
  });
  const noAnswer = /can't be shown: Tektrace does not answer/;
  const open = async (): Promise<Page> => {
    const page = await browser.open(store.pageUrl(TRACE_ID));
    await page.until(`document.querySelector('.details dt')`);
    return page;
  };

  test('the panel of a row says so, and asks again', async () => {
    const page = await open();
    await page.playwright.route('**/row/*', (route) => route.abort());
    await page.evaluate(`document.querySelector('.rows .row').click()`);
    await page.until(`${noAnswer}.test(document.querySelector('.details.empty')?.textContent)`);
    await page.playwright.unroute('**/row/*');
    await page.press('w');
    await page.until(`document.querySelector('.details dt')`);
  });

  test("the controllers' functions say so, and ask again; so does a call", async () => {
    const page = await open();
    const state = `document.querySelector('.functions .empty')`;
    await page.playwright.route('**/functions', (route) => route.abort());
    await page.press('f');
    await page.until(`${noAnswer}.test(${state}.textContent)`);
    await page.playwright.unroute('**/functions');
    await page.press('f');
    await page.press('f');
    await page.until(`${state}.hidden && document.querySelector('.functions tbody button')`);

    await page.evaluate(`document.querySelector('.functions tbody button').click()`);
    await page.until(`document.querySelector('.calls button')`);
    const errors = [{ code: 404, msg: 'the trace has no such row' }];
    await page.playwright.route('**/reconcile/*', (route) => route.fulfill({ status: 404, json: { errors } }));
    await page.evaluate(`document.querySelector('.calls button').click()`);
    await page.until(`!${state}.hidden`);
    expect(await page.evaluate(`${state}.textContent`)).toBe("The call can't be shown: the trace has no such row");
    await page.playwright.unroute('**/reconcile/*');
    await page.evaluate(`document.querySelector('.calls button').click()`);
    await page.until(`document.querySelector('.functions').hidden`);
  });
});

describeInChromium('pages over a Jaeger that stops answering', (browser) => {
  const reason = 'http://jaeger: cannot be reached: nothing listens there';
  let viewer: Viewer;
  let memory: TraceMemory;
  let fails: boolean;
  let tell: (traceId: string | undefined) => void;
  beforeEach(async () => {
    fails = false;
    memory = new TraceMemory({ maxTraces: 10, maxBytes: 1e9, maxTraceTextBytes: 1e9 });
    memory.add(exampleTrace);
    const list = listOf(memory);
    const listeners = new Set<(traceId: string | undefined) => void>();
    tell = (traceId) => listeners.forEach((listener) => listener(traceId));
    const answer = <T>(value: T): T => {
      if (fails) throw new HttpError(502, reason);
      return value;
    };
    viewer = await startViewer({
      log: silentLogger,
      source: {
        get: async (traceId) => answer(memory.get(traceId)),
        revision: async () => answer(1),
        onChange: (listener) => {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
        list: async (since) => answer(list.update(since)),
      },
    });
  });
  afterEach(async () => {
    await viewer.close();
  });

  test.each([
    ['the list', '/', '.card'],
    ['a trace', `/trace/${TRACE_ID}`, '.rows .row'],
  ])('%s says why it is not up to date, until Jaeger answers again', async (_title, path, content) => {
    const page = await browser.open(viewer.pageUrl.replace('/?', `${path}?`));
    await page.until(`document.querySelector('${content}') && ${OFFLINE}.hidden`);
    fails = true;
    tell(path === '/' ? undefined : TRACE_ID);
    await page.until(`!${OFFLINE}.hidden`);
    expect(await page.evaluate(`${OFFLINE}.textContent`)).toContain(reason);
    fails = false;
    await page.until(`${OFFLINE}.hidden`);
    expect(page.complaints.filter((text) => !text.includes('502'))).toEqual([]);
  });
});
