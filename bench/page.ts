import { setTimeout as delay } from 'node:timers/promises';
import { startTraceStore, type TraceStore } from '../local/tracestore/server.ts';
import { silentLogger } from '../shared/runtime/log.ts';
import { findChromium, launchChromium, type Page } from '../test/browser/chromium.ts';
import { PlayedRun, TRACE_ID, type SpanToSend } from './page/played-run.ts';

/**
 * What one open page of a live run costs: a run of sixty tasks is played into a trace store, first without a page, then with one. Prints the bytes that the
 * page received, and the processor time that it cost the store. Then: the time until a finished trace is drawn, and frames while 5000 rows scroll.
 */
const TASKS = 60;
const WIDTH = 10;
/** Between two events of the run. */
const EVENT_MS = 200;
const AIMS = { megabytes: 5, cpuSeconds: 2, firstMs: 300, frames: 50 };
const ROWS = 5000;

async function send(store: TraceStore, spans: SpanToSend[]): Promise<void> {
  const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);
  const services = Map.groupBy(spans, ({ service }) => service);
  const resourceSpans = [...services].map(([service, group]) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [
      {
        scope: { name: 'tektrace' },
        spans: group.map(({ name, spanId, parentSpanId, startMs, endMs, attributes = {} }) => ({
          ...{ traceId: TRACE_ID, spanId, ...(parentSpanId !== undefined && { parentSpanId }), name, kind: 1 },
          ...{ startTimeUnixNano: nanos(startMs), endTimeUnixNano: nanos(endMs), status: {} },
          attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
        })),
      },
    ],
  }));
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${store.token}` };
  const response = await fetch(store.otlpUrl, { method: 'POST', headers, body: JSON.stringify({ resourceSpans }) });
  if (!response.ok) throw new Error(`the trace store answered ${response.status}: ${await response.text()}`);
}

/** Plays the run; each event of a task comes with the spans of its reconciles. Returns the processor time of this process in seconds. */
async function play(
  watch: (store: TraceStore) => Promise<Page | undefined>,
): Promise<{ cpu: number; page?: Page; close: () => Promise<void> }> {
  const run = new PlayedRun(Date.now());
  const store = await startTraceStore({ log: silentLogger, live: run });
  const page = await watch(store);
  const before = process.cpuUsage();
  for (let first = 0; first < TASKS; first += WIDTH) {
    const tasks = Array.from({ length: WIDTH }, (_, index) => run.create(`task-${first + index}`, Date.now()));
    for (let event = 0; event < run.events; event += 1) {
      for (const task of tasks) {
        await delay(EVENT_MS);
        run.advance(task, Date.now());
        await send(store, run.reconcilesOf(task, Date.now()));
        if (task.endMs !== undefined) await send(store, run.spansOf(task));
      }
    }
  }
  await send(store, [run.rootSpan(Date.now())]);
  await page?.until(`document.querySelector('.facts')?.textContent.startsWith('✓success')`);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, ...(page && { page }), close: () => store.close() };
}

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium found: install it, or set CHROMIUM to its path');
const browser = await launchChromium(chromium);

const alone = await play(() => Promise.resolve(undefined));
await alone.close();
const watched = await play((store) => browser.open(store.pageUrl(TRACE_ID), { width: 1440, height: 900 }));
const requests = `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/'))`;
const [count, bytes] = (await watched.page?.evaluate<[number, number]>(
  `(() => { const all = ${requests}; return [all.length, all.reduce((sum, { transferSize }) => sum + transferSize, 0)]; })()`,
)) ?? [0, 0];
await watched.close();
const cpu = watched.cpu - alone.cpu;

const large = await startTraceStore({ log: silentLogger });
const start = Date.now();
await send(large, [
  { service: 'tekton-pipelines', name: 'RUN large', spanId: 'b7ad6b7169203331', startMs: start, endMs: start + ROWS },
]);
for (let from = 0; from < ROWS; from += 500)
  await send(
    large,
    Array.from({ length: 500 }, (_, index): SpanToSend => {
      const [at, spanId] = [start + from + index, (from + index + 1).toString(16).padStart(16, '0')];
      return {
        service: 'tekton-pipelines',
        name: `task ${from + index}`,
        spanId,
        parentSpanId: 'b7ad6b7169203331',
        startMs: at,
        endMs: at + 20,
      };
    }),
  );
const page = await browser.open(large.pageUrl(TRACE_ID), { width: 1440, height: 900 });
await page.until(`document.querySelector('.grid')?.getAttribute('aria-rowcount') === '${ROWS + 2}'`);
const frames = await page.evaluate<number>(`new Promise((resolve) => {
  let [frames, start] = [0, performance.now()];
  const next = () => {
    frames += 1;
    scrollBy(0, 300);
    const took = performance.now() - start;
    if (took > 3000) resolve((frames / took) * 1000);
    else requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})`);
await large.close();

const small = await startTraceStore({ log: silentLogger });
const run = new PlayedRun(Date.now());
const task = run.create('one', Date.now());
for (let event = 0; event < run.events; event += 1) run.advance(task, Date.now());
await send(small, [...run.spansOf(task), run.rootSpan(Date.now())]);
const first = await browser.open(small.pageUrl(TRACE_ID), { width: 1440, height: 900 });
await first.until(`document.querySelector('.rows .row')`);
await first.evaluate(`void location.reload()`);
await first.until(`performance.timeOrigin > ${Date.now() - 100} && document.querySelector('.rows .row')`);
const firstMs = await first.evaluate<number>(
  `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/waterfall/'))[0].responseEnd`,
);
await small.close();
await browser.close();

console.log(
  `a live run of ${TASKS} tasks with one page: ${count} requests, ${(bytes / 1e6).toFixed(2)} MB (aim ${AIMS.megabytes} MB)`,
);
console.log(
  `processor time of the store for the page: ${cpu.toFixed(2)} s of ${watched.cpu.toFixed(2)} s (aim ${AIMS.cpuSeconds} s)`,
);
console.log(`${ROWS} rows scroll at ${frames.toFixed(0)} frames/s (aim ${AIMS.frames})`);
console.log(`rows of a finished run arrive after ${firstMs.toFixed(0)} ms (aim ${AIMS.firstMs} ms)`);
process.exitCode =
  bytes / 1e6 > AIMS.megabytes || cpu > AIMS.cpuSeconds || frames < AIMS.frames || firstMs > AIMS.firstMs ? 1 : 0;
