import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { ResourceSpans } from '../../shared/otlp/types.ts';
import { exampleTrace, fromService, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

describeInChromium('the list', (browser) => {
  let store: TraceStore;
  beforeEach(async () => {
    store = await startTraceStore({ log: silentLogger });
  });
  afterEach(async () => {
    await store.close();
  });

  const send = (resourceSpans: ResourceSpans[]): Promise<void> => sendSpans(store, { resourceSpans });

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

  const hostile = '<img src=x onerror="window.owned=1">';
  const id = (number: number): string => String(number).padStart(32, '0');
  /** A run of `pipeline`; unfinished without a result. */
  const run = (number: number, pipeline: string, result?: string): ResourceSpans => {
    const from = number * 60_000;
    const common = { pipelinerun: `${pipeline}-${number}`, namespace: 'default' };
    const failed = result === 'failure';
    return fromService('tekton-pipelines', [
      ...(result === undefined
        ? []
        : [
            {
              id: 'root',
              name: `RUN ${pipeline}`,
              ...{ from, to: from + 1000 * number, traceId: id(number) },
              attributes: { ...common, 'cicd.pipeline.result': result },
              ...(failed && { error: 'Failed' }),
            },
          ]),
      {
        id: 'task',
        parent: 'root',
        name: 'task unit',
        ...{ from, to: from + 500, traceId: id(number) },
        attributes: { ...common, ...(result !== undefined && { 'cicd.pipeline.task.run.result': result }) },
        ...(failed && { error: `expected 42 ${hostile}` }),
      },
    ]);
  };
  const names = `[...document.querySelectorAll('.card-name')].map((name) => name.textContent).join()`;
  const showsNames = (...expected: string[]): string => `${names} === ${JSON.stringify(expected.join())}`;
  const openList = async (): Promise<Page> => {
    await send([run(1, 'build', 'success'), run(2, 'build', 'failure'), run(3, 'deploy', 'success'), run(4, 'build')]);
    const page = await browser.open(store.pageUrl());
    await page.until(showsNames('build-4', 'deploy-3', 'build-2', 'build-1'));
    return page;
  };
  const type = (text: string): string =>
    `(() => {
      const search = document.querySelector('input[type=search]');
      search.value = ${JSON.stringify(text)};
      search.dispatchEvent(new Event('input'));
    })()`;
  const choose = (label: string, value: string): string =>
    `(() => {
      const select = document.querySelector('select[aria-label=${label}]');
      select.value = ${JSON.stringify(value)};
      select.dispatchEvent(new Event('change'));
    })()`;

  test('shows how each run ended, why it failed, and opens it', async () => {
    await send(exampleTrace.resourceSpans);
    const page = await browser.open(store.pageUrl());
    await page.until(`document.querySelector('.card')`);
    expect(await page.evaluate(`document.querySelector('.card').innerText`)).toMatch(
      /failure[^]*build-and-test-x7k2p[^]*build-image › push: exit code 1[^]*5\.23 s/,
    );
    await page.evaluate(`document.querySelector('.card').click()`);
    await page.until(`location.pathname === '/trace/${TRACE_ID}'`);
  });

  test('is searched and filtered; the address keeps it', async () => {
    const page = await openList();
    await page.evaluate(choose('Result', 'failed'));
    await page.until(showsNames('build-2'));
    await page.evaluate(choose('Result', ''));
    await page.evaluate(choose('Pipeline', 'build'));
    await page.until(showsNames('build-4', 'build-2', 'build-1'));
    await page.evaluate(type('42'));
    await page.until(showsNames('build-2'));
    expect(await page.evaluate('location.search')).toBe('?q=42&pipeline=build');
    await page.evaluate(`void ((window.isOld = true), setTimeout(() => location.reload()))`);
    await page.until(
      `!window.isOld && document.querySelector('input[type=search]')?.value === '42' && ${showsNames('build-2')}`,
    );
    await page.evaluate(type('nothing'));
    await page.until(`document.querySelector('.empty').innerText.startsWith('No trace matches')`);
    await page.evaluate(`document.querySelector('input[type=search]').focus()`);
    await page.press('Escape');
    await page.until(showsNames('build-4', 'deploy-3', 'build-2', 'build-1'));
    expect(await page.evaluate('location.search')).toBe('');
  });

  test('is driven by the keyboard', async () => {
    const page = await openList();
    await page.press('/');
    expect(await page.evaluate('document.activeElement.type')).toBe('search');
    await page.evaluate('document.activeElement.blur()');
    await page.press('ArrowDown');
    await page.press('j');
    await page.press('x');
    await page.press('ArrowDown');
    await page.press('x');
    const link = `document.querySelector('.picks a')`;
    expect(await page.evaluate(`${link}.getAttribute('href')`)).toBe(`/compare/${id(2)}/${id(3)}`);
    await page.press('k');
    expect(await page.evaluate(`document.activeElement.querySelector('.card-name').textContent`)).toBe('deploy-3');
  });

  test('draws the last runs of a pipeline, each with its result and duration as text', async () => {
    const page = await openList();
    const bars = await page.evaluate<{ label: string; result: string; height: number }[]>(`
      [...document.querySelector('.history[aria-label="Last runs of build"]').querySelectorAll('.bars li')].map((bar) => ({
        label: bar.querySelector('a').getAttribute('aria-label'),
        result: bar.dataset.result,
        height: bar.querySelector('span').getBoundingClientRect().height,
      }))`);
    expect(bars.map(({ result }) => result)).toEqual(['success', 'failure', 'running']);
    expect(bars[1]?.label).toMatch(/^failure, 2\.00 s, .*: build-2$/);
    expect(bars[0]!.height * 2).toBeCloseTo(bars[1]!.height, 0);
    // One run alone has nothing to be compared with.
    expect(await page.evaluate(`document.querySelector('.history[aria-label="Last runs of deploy"]')`)).toBeNull();
    await page.evaluate(`document.querySelector('.history[aria-label="Last runs of build"] button').click()`);
    await page.until(`!${names}.includes('deploy') && ${names}.includes('build-2')`);
  });

  test('follows: new runs, the end of one, the time that a running one has taken; what is focused stays', async () => {
    const page = await openList();
    const card = (name: string): string =>
      `[...document.querySelectorAll('.card')].find((card) => card.querySelector('.card-name').textContent === '${name}')`;
    await page.until(`/^[0-9]+ (s|m|h)/.test(${card('build-4')}.querySelector('.card-duration').textContent)`);
    await page.evaluate(`${card('deploy-3')}.focus()`);
    await send([run(5, 'lint', 'success'), run(4, 'build', 'success')]);
    await page.until(showsNames('lint-5', 'build-4', 'deploy-3', 'build-2', 'build-1'));
    await page.until(`${card('build-4')}.querySelector('.card-duration').textContent === '4.00 s'`);
    expect(await page.evaluate(`document.activeElement.querySelector('.card-name').textContent`)).toBe('deploy-3');
    expect(page.complaints).toEqual([]);
  });

  test('a long list costs nothing while nothing changes, and only the change when something does', async () => {
    await send(Array.from({ length: 150 }, (_, index) => run(index + 1, 'build', 'success')));
    const headers = { Authorization: `Bearer ${store.token}` };
    const list = async (since = ''): Promise<{ version: string; data: unknown[] }> =>
      (await (await fetch(`${store.url}/api/traces?since=${since}`, { headers })).json()) as never;
    const whole = await list();
    expect(whole.data).toHaveLength(150);
    expect((await list(whole.version)).data).toEqual([]);
    await send([run(151, 'build', 'success')]);
    expect((await list(whole.version)).data).toHaveLength(1);
  });

  test('a trace has its downloads, and a link into Jaeger where one is known', async () => {
    await store.close();
    store = await startTraceStore({ log: silentLogger, jaegerUiUrl: 'http://jaeger.test' });
    await send(exampleTrace.resourceSpans);
    const page = await browser.open(store.pageUrl(TRACE_ID));
    const links = `[...document.querySelectorAll('.tools a:not([hidden])')].map((link) => link.getAttribute('href'))`;
    await page.until(`${links}.includes('http://jaeger.test/trace/${TRACE_ID}')`);
    for (const path of ['download', 'perfetto', 'svg']) {
      expect(await page.evaluate(links)).toContain(`/api/${path}/${TRACE_ID}`);
      expect(await page.evaluate(`fetch('/api/${path}/${TRACE_ID}').then((answer) => answer.status)`)).toBe(200);
    }
    expect(page.complaints).toEqual([]);
  });

  test('what a stranger named is text', async () => {
    await send([run(1, hostile, 'failure')]);
    const page = await browser.open(store.pageUrl());
    await page.until(`document.querySelector('.card')`);
    expect(await page.evaluate(`document.querySelector('.card-name').textContent`)).toBe(`${hostile}-1`);
    expect(await page.evaluate(`document.querySelectorAll('#app img').length`)).toBe(0);
    expect(await page.evaluate('window.owned === undefined')).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test('two chosen runs are compared: the task that became slower comes first, in red, with the difference', async () => {
    const timed = (number: number, ms: number): ResourceSpans => {
      const [traceId, attributes] = [id(number), { pipelinerun: `build-${number}`, 'cicd.pipeline.result': 'success' }];
      return fromService('tekton-pipelines', [
        { id: 'root', name: 'RUN build', from: number, to: number + ms + 1000, traceId, attributes },
        { id: 'a', parent: 'root', name: 'task lint', from: number, to: number + 1000, traceId },
        { id: 'b', parent: 'root', name: 'task test', from: number, to: number + ms, traceId },
        { id: 'c', parent: 'b', name: `step ${hostile}`, from: number, to: number + ms, traceId },
      ]);
    };
    await send([timed(1, 2000), timed(2, 5000)]);
    const page = await browser.open(store.pageUrl());
    await page.until(`document.querySelectorAll('.pick').length === 2`);
    await page.evaluate(`document.querySelectorAll('.pick').forEach((box) => box.click())`);
    await page.evaluate(`document.querySelector('.picks a').click()`);
    await page.until(`document.querySelector('.compared') && document.querySelector('.verdict')`);
    expect(await page.evaluate(`document.querySelector('.verdict').innerText`)).toBe('+3.00 s slower, 100 %');
    const rows = `[...document.querySelectorAll('main > div > .compared tbody tr')].map((row) => [row.dataset.change, row.innerText.trim().replace(/\\s+/g, ' ')])`;
    expect(await page.evaluate(rows)).toEqual([
      ['slower', 'test 2.00 s 5.00 s +3.00 s'],
      ['slower', `${hostile} 2.00 s 5.00 s +3.00 s`],
    ]);
    expect(await page.evaluate(`document.querySelector('details').innerText`)).toMatch(
      /1 without a notable difference/,
    );
    await page.evaluate(`[...document.querySelectorAll('a')].find((link) => link.textContent === 'Swap').click()`);
    await page.until(`document.querySelector('.verdict')?.innerText === '−3.00 s faster, 50 %'`);
    expect(page.complaints).toEqual([]);
  });

  test('a comparison with a trace that is not here says so', async () => {
    const page = await browser.open(store.pageUrl().replace('/?', `/compare/${id(1)}/${id(2)}?`));
    await page.until(`/no span of trace .* is here/.test(document.querySelector('.empty').textContent)`);
  });

  test.each([390, 800, 1440])('nothing is cut off or scrolled sideways at %d pixels', async (width) => {
    await send([
      run(1, 'a-pipeline-with-a-rather-long-name-as-people-like-them', 'failure'),
      run(2, 'build', 'success'),
    ]);
    const page = await browser.open(store.pageUrl(), { width, height: 800 });
    await page.until(`document.querySelectorAll('.card').length === 2`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
