import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import type { LogSource } from '../../local/viewer/log-place.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { fromService, TRACE_ID, type SpanInput } from '../unit/local/viewer/example-trace.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

const LINES = `[...document.querySelectorAll('.log-line')].map((line) => line.textContent)`;
const STATE = `document.querySelector('.log-state')`;
const BOX = `document.querySelector('.log')`;
const MIB = 1024 * 1024;

const spans: SpanInput[] = [
  { id: 'r', name: 'RUN p', from: 0, to: 9, attributes: { pipelinerun: 'p-1', namespace: 'ci' }, error: 'x' },
  { id: 't', parent: 'r', name: 'task t', from: 0, to: 9, attributes: { 'k8s.pod.name': 'pod' }, error: 'x' },
  { id: 's', parent: 't', name: 'step s', from: 0, to: 9, attributes: { 'k8s.container.name': 'step-s' }, error: 'x' },
];

async function* pieces(text: string): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += 65_536) yield all.subarray(at, at + 65_536);
}

/** A source that ends when its reader leaves. */
const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describeInChromium('a log', (browser) => {
  let store: TraceStore;
  let source: LogSource;
  const start = async (options: { port?: number; token?: string } = {}): Promise<void> => {
    store = await startTraceStore({ log: silentLogger, logs: (...all) => source(...all), ...options });
    await sendSpans(store, { resourceSpans: [fromService('tekton-pipelines', spans)] });
  };
  beforeEach(() => start());
  afterEach(async () => {
    await store.close();
  });
  const open = (logs: LogSource): Promise<Page> => {
    source = logs;
    return browser.open(store.pageUrl(TRACE_ID));
  };

  test('a line that changes its colour with every character does not stop the page', async () => {
    const page = await open(() => pieces('\x1b[31mr\x1b[32mg'.repeat((5 * MIB) / 12)));
    await page.until(`${LINES}.at(-1)?.startsWith('rgrg')`);
    expect(await page.evaluate<number>(`document.querySelectorAll('.log *').length`)).toBeLessThan(30_000);
  });

  test.each(['\n', 'a\n'])('the last of millions of lines %j is in reach', async (line) => {
    const page = await open(() => pieces(`${line.repeat((5 * MIB) / line.length - 10)}last\n`));
    await page.until(`${LINES}.at(-1) === 'last'`);
    const [height, drawn] = await page.evaluate<[number, number]>(
      `(({ style, offsetHeight }) => [parseFloat(style.height), offsetHeight])(document.querySelector('.log-space'))`,
    );
    expect(drawn).toBeCloseTo(height, 0);
    expect(await page.evaluate(`${STATE}.textContent`)).toMatch('The beginning of this log is not kept here');
    expect(await page.evaluate(`document.querySelector('.command').innerText`)).toMatch(
      'kubectl logs -n ci pod -c step-s',
    );
  });

  test('a question without a line feed is shown; one that writes nothing says so', async () => {
    const asking = await open(async function* (_place, _part, signal) {
      yield Buffer.from('first\nGo on? [y/N] ');
      await whenAborted(signal);
    });
    await asking.until(`${LINES}.at(-1) === 'Go on? [y/N] '`);
    const silent = await open(async function* (_place, _part, signal) {
      await whenAborted(signal);
      yield Buffer.from('');
    });
    await silent.until(`${STATE}?.textContent === 'It has written nothing yet.'`);
  });

  test('a log that vanishes keeps what was read, and says why it ends', async () => {
    const page = await open(async function* () {
      yield Buffer.from('first\nsec');
      throw new Error('the Pod was deleted');
    });
    await page.until(`${LINES}.length === 3`);
    expect(await page.evaluate(LINES)).toEqual(['first', 'sec', '[the log ends here: the Pod was deleted]']);
  });

  test('a lost connection is named, and the log read again when Tektrace is back', async () => {
    const page = await open(async function* (_place, _part, signal) {
      yield Buffer.from('before\n');
      await whenAborted(signal);
    });
    await page.until(`${LINES}.length === 1`);
    const { token, url } = store;
    await store.close();
    await page.until(`${STATE}.textContent.startsWith('The connection was lost')`);
    expect(await page.evaluate(LINES)).toEqual(['before']);
    source = () => pieces('before\nafter\n');
    await start({ port: Number(new URL(url).port), token });
    await page.until(`${STATE}.hidden && ${BOX} && ${LINES}.length === 2`);
    expect(await page.evaluate(LINES)).toEqual(['before', 'after']);
  });

  test('a page in the background gives its connection back, and reads again when it is shown', async () => {
    let readers = 0;
    const page = await open(async function* (_place, _part, signal) {
      readers += 1;
      signal.addEventListener('abort', () => (readers -= 1));
      yield Buffer.from('line\n');
      await whenAborted(signal);
    });
    await page.until(`${LINES}.length === 1`);
    const setHidden = (hidden: boolean): Promise<void> =>
      page.evaluate(`(() => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
        document.dispatchEvent(new Event('visibilitychange'));
      })()`);
    await setHidden(true);
    while (readers > 0) await page.evaluate('new Promise(requestAnimationFrame)');
    await setHidden(false);
    while (readers === 0) await page.evaluate('new Promise(requestAnimationFrame)');
    await page.until(`${LINES}.length === 1`);
  });
});
