import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import type { LiveRun, LiveSource } from '../../local/viewer/live/live-run.ts';
import type { LogSource } from '../../local/viewer/log-place.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import {
  BORN_MS,
  failed,
  LIVE_TRACE,
  pipelineRun,
  pod,
  step,
  succeeded,
  taskRun,
} from '../unit/local/viewer/live/run-objects.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';

/** How often the page draws what runs. */
const TICK_MS = 500;

/** The objects have fixed times. The page's clock is the machine's: here the run was created a second ago. */
const SINCE_THEN_MS = Date.now() - 1_000 - BORN_MS;
const moved = (run: LiveRun): LiveRun =>
  JSON.parse(JSON.stringify(run), (_key, value: unknown) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
      ? new Date(Date.parse(value) + SINCE_THEN_MS).toISOString()
      : value,
  ) as LiveRun;

/** API objects that the test changes. */
class Objects implements LiveSource {
  #run: LiveRun | undefined;
  #revision = 0;
  readonly #listeners = new Set<(traceId: string) => void>();

  set(run: LiveRun): void {
    this.#run = moved(run);
    this.#revision += 1;
    for (const listener of this.#listeners) listener(LIVE_TRACE);
  }
  find(traceId: string): LiveRun | undefined {
    return traceId === LIVE_TRACE ? this.#run : undefined;
  }
  revision(): number {
    return this.#revision;
  }
  onChange(listener: (traceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** A log that the test writes. */
class Log {
  #chunks: string[] = [];
  #ended = false;
  #changed = Promise.withResolvers<void>();

  write(text: string, ended = false): void {
    this.#chunks.push(text);
    this.#ended ||= ended;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
  async *read(follow: boolean): AsyncGenerator<Buffer> {
    for (let at = 0; ; at += 1) {
      while (follow && !this.#ended && at >= this.#chunks.length) await this.#changed.promise;
      const chunk = this.#chunks[at];
      if (chunk === undefined) return;
      yield Buffer.from(chunk);
    }
  }
}

const NAMES = `[...document.querySelectorAll('.rows .row')].map((row) => row.querySelector('.label').textContent + ' ' + row.dataset.result).join()`;
const LOG = `[...document.querySelectorAll('.log-line')].map((line) => line.textContent)`;
/** The page's ticks draw what it knows by then: a timer that begins now ends after this many of them. */
const ticks = (page: Page, count: number): Promise<unknown> =>
  page.evaluate(`new Promise((resolve) => setTimeout(resolve, ${count * TICK_MS + 100}))`);
const rowNamed = (name: string): string =>
  `[...document.querySelectorAll('.rows .row')].find((row) => row.querySelector('.label').textContent === ${JSON.stringify(name)})`;

describeInChromium('a run that goes on', (browser) => {
  let store: TraceStore;
  let objects: Objects;
  let log: Log;
  beforeEach(async () => {
    objects = new Objects();
    log = new Log();
    const logs: LogSource = (_place, { follow }) => log.read(follow);
    store = await startTraceStore({ log: silentLogger, live: objects, logs });
  });
  afterEach(async () => {
    await store.close();
  });
  const show = (tasks: TaskRun[], run: PipelineRun = pipelineRun()): void =>
    objects.set({ pipelineRuns: [run], taskRuns: tasks, pods: [pod('unit', 120, 150)] });
  const open = (): Promise<Page> => browser.open(store.pageUrl(LIVE_TRACE), { width: 1440, height: 900 });

  test('rows, bars and log lines appear while it runs; the failed step is open at once', async () => {
    const page = await open();
    await page.until(`document.querySelector('.empty')?.textContent.includes('No span of this trace is here')`);
    show([]);
    await page.until(`${NAMES} === 'RUN ship running'`);
    expect(await page.evaluate(`document.querySelector('h1').textContent`)).toBe('ship-x1');
    expect(await page.evaluate(`document.querySelector('.facts').textContent`)).toMatch(/^●runningfor /);
    show([taskRun('unit', 100)]);
    await page.until(`${NAMES} === 'RUN ship running,task unit running'`);
    show([taskRun('unit', 100, { steps: [step('jest', 400)] })]);
    await page.until(`${NAMES} === 'RUN ship running,task unit running,step jest running'`);
    expect(await page.evaluate(`document.querySelector('[data-line=path]').textContent`)).toBe('unit › jest');
    // One task is not slower than others.
    expect(await page.evaluate(`document.querySelector('[data-line=slowest]')`)).toBeNull();

    await page.evaluate(`${rowNamed('step jest')}.click()`);
    await page.until(`document.querySelector('.details h2')?.textContent === 'step jest'`);
    log.write('\x1b[32m1 ok\x1b[0m\n2 o');
    await page.until(`${LOG}.join() === '1 ok,2 o'`);
    expect(await page.evaluate(`document.querySelector('.log-line span').className`)).toBe('log-fg-green');
    log.write('k\n');
    await page.until(`${LOG}.join() === '1 ok,2 ok'`);
    await page.evaluate(`document.querySelector('.details .close').click()`);

    log.write('expected total 42, got 41\n', true);
    const reason = '"step-jest" exited with code 1';
    const unit = taskRun('unit', 100, {
      ...failed(900, 'Failed', reason),
      steps: [step('jest', 400, { ms: 890, exitCode: 1 })],
    });
    show([unit]);
    await page.until(`${NAMES} === 'RUN ship running,task unit failure,step jest failure'`);
    expect(await page.evaluate(`document.querySelector('[data-line=failure]').textContent`)).toBe(
      'unit › jest exit code 1: expected total 42, got 41',
    );
    await page.evaluate(`document.querySelector('[data-line=failure] .link').click()`);
    await page.until(`${LOG}.at(-1) === 'expected total 42, got 41'`);
    expect(await page.evaluate(`document.querySelector('.details .lead').textContent`)).toContain('exit 1');
    expect(await page.evaluate('document.body.textContent')).not.toContain('not in the trace');
    expect(page.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  test('an attempt that failed stays with its cause while the next one runs, and the run has not failed', async () => {
    const first = {
      ...failed(400, 'Failed', 'no'),
      ...{ podName: 'ship-x1-unit-pod', steps: [step('jest', 200, { ms: 390, exitCode: 1 })] },
    };
    const next = { podName: 'ship-x1-unit-pod-retry1', startTime: new Date(BORN_MS + 450).toISOString() };
    log.write('expected total 42, got 41\n', true);
    show([taskRun('unit', 100, { retriesStatus: [first], ...next, steps: [step('jest', 600)] })]);
    const page = await open();
    const path =
      'RUN ship running,task unit running,attempt 1 failure,step jest failure,attempt 2 running,step jest running';
    await page.until(`${NAMES} === '${path}'`);
    await page.until(`document.querySelector('[data-line=tolerated]')?.textContent.endsWith('(retried)')`);
    expect(await page.evaluate(`document.querySelector('[data-line=tolerated]').textContent`)).toBe(
      'unit › attempt 1 › jest exit code 1: expected total 42, got 41 (retried)',
    );
    expect(await page.evaluate(`document.querySelector('[data-line=failure]')`)).toBeNull();
  });

  test('a bar grows with the clock, and stands still when the store is gone', async () => {
    show([taskRun('unit', 100, { steps: [step('jest', 400)] })]);
    const page = await open();
    await page.until(`${rowNamed('step jest')} !== undefined`);
    const since = `document.querySelector('.since').textContent`;
    const before = await page.evaluate<string>(since);
    await page.until(`${since} !== ${JSON.stringify(before)}`);
    await store.close();
    await page.until(`document.querySelector('main.stopped') && !document.querySelector('.offline').hidden`);
    // The last tick before the end drew an earlier time.
    await ticks(page, 1);
    const stopped = await page.evaluate<string>(since);
    await ticks(page, 3);
    expect(await page.evaluate<string>(since)).toBe(stopped);
    store = await startTraceStore({ log: silentLogger });
  });

  test('tasks that were not started yet are named until they are', async () => {
    const tasks = ['unit', 'deploy'].map((name) => ({ name, taskSpec: {} }));
    const run = pipelineRun({ pipelineSpec: { tasks } });
    show([taskRun('unit', 100)], run);
    const page = await open();
    await page.until(`document.querySelector('[data-line=to-come]')?.textContent === 'deploy'`);
    show([taskRun('unit', 100), taskRun('deploy', 200)], run);
    await page.until(`${rowNamed('task deploy')} && !document.querySelector('[data-line=to-come]')`);
  });

  test('what is folded and selected stays when the spans arrive', async () => {
    show([taskRun('unit', 100, { steps: [step('jest', 400)] }), taskRun('lint', 100, { steps: [step('check', 400)] })]);
    const page = await open();
    await page.until(`${rowNamed('step check')} !== undefined`);
    await page.evaluate(`${rowNamed('task lint')}.querySelector('.twist').click()`);
    await page.until(`${rowNamed('step check')} === undefined`);
    show([
      taskRun('unit', 100, { steps: [step('jest', 400)] }),
      taskRun('lint', 100, {
        ...succeeded(900),
        steps: [step('check', 400, { ms: 800, exitCode: 0 }), step('more', 400)],
      }),
    ]);
    await page.until(`${rowNamed('task lint')}.dataset.result === 'success'`);
    expect(await page.evaluate(`${rowNamed('step check')} === undefined`)).toBe(true);
    expect(await page.evaluate('location.hash')).toBe(`#shut=${deriveSpanId(LIVE_TRACE, 'task', 'lint-uid')}`);
  });
});
