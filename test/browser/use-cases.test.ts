import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTraceStore, type TraceStore } from '../../local/tracestore/server.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { locateSpans } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { cli } from '../e2e/support/cli.ts';
import { isolation } from '../support/isolations.ts';
import type { Page } from './chromium.ts';
import { describeInChromium } from './in-chromium.ts';
import { sendSpans } from './send-spans.ts';

const TIMEOUT_MS = 240_000;
/** Where the pictures of docs/use-cases.md go: with TEKTRACE_PICTURES=1 into the docs, else beside the tests' other output. */
const PICTURES = process.env['TEKTRACE_PICTURES'] === '1' ? 'docs/images' : path.join(tmpdir(), 'tektrace-pictures');

/** The three use cases of TEP-0124, each with runs of the examples that really happened. */
describeInChromium('docs/use-cases.md', (browser) => {
  let store: TraceStore;
  let directory: string;
  beforeAll(async () => {
    store = await startTraceStore({ log: silentLogger });
    directory = await mkdtemp(path.join(tmpdir(), 'tektrace-use-cases-'));
    await mkdir(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  /** Runs an example, stores its trace, and opens it. */
  const openRun = async (example: string, height: number): Promise<Page> => {
    const file = path.join(directory, `${example}.json`);
    const args = ['--isolation', isolation, '--trace-out', file];
    const ended = await cli(['run', '-f', `examples/${example}.yaml`, ...args]);
    expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: example === 'task-missing' ? 1 : 0 });
    const traces = JSON.parse(await readFile(file, 'utf8')) as TracesData;
    await sendSpans(store, traces);
    const traceId = locateSpans(traces)[0]?.span.traceId;
    const page = await browser.open(store.pageUrl(traceId), { width: 1280, height });
    await page.until(`document.querySelector('.rows .row')`);
    return page;
  };
  const picture = async (page: Page, name: string): Promise<void> => {
    expect(page.complaints).toEqual([]);
    await writeFile(path.join(PICTURES, `${name}.png`), await page.screenshot());
  };
  /** The table shows its first ten lines; which those are depends on how busy the machine was. */
  const showAll = (page: Page): Promise<unknown> =>
    page.evaluate(`document.querySelector('.functions > button:not([hidden])')?.click()`);
  const openFunctions = async (page: Page, column: string): Promise<void> => {
    await page.evaluate(
      `[...document.querySelectorAll('.tabs button')].find((tab) => tab.textContent.startsWith('Controller functions')).click()`,
    );
    await page.until(`document.querySelectorAll('.functions tbody tr').length > 3`);
    await page.evaluate(
      `[...document.querySelectorAll('.functions thead button')].find((head) => head.textContent.includes('${column}')).click()`,
    );
  };

  test(
    'the duration of each task is a row with its bar',
    async () => {
      const page = await openRun('build-and-test', 760);
      const durations = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.rows .row[data-category=task]')].map((row) => row.querySelector('.label').textContent + ': ' + row.querySelector('.duration').textContent)`,
      );
      expect(durations.map((text) => text.split(':')[0])).toEqual(
        expect.arrayContaining(['task lint', 'task unit-test', 'task package']),
      );
      for (const text of durations) expect(text).toMatch(/: [\d.]+ (ms|s)$/);
      await picture(page, 'use-case-tasks');
    },
    TIMEOUT_MS,
  );

  test(
    'the duration of each function of a reconcile is a line of a table',
    async () => {
      const page = await openRun('build-and-test', 760);
      await openFunctions(page, 'Total');
      await picture(page, 'use-case-reconcile');
      await showAll(page);
      const table = await page.evaluate<string>(`document.querySelector('.functions table').innerText`);
      for (const part of ['PipelineRun:ReconcileKind', 'TaskRun:ReconcileKind']) expect(table).toContain(part);
    },
    TIMEOUT_MS,
  );

  test(
    'the function of a reconcile that failed is marked, with the reason and the API request below it',
    async () => {
      const page = await openRun('task-missing', 700);
      expect(await page.evaluate('document.querySelector("main").innerText')).toContain('publish-image');
      await openFunctions(page, 'Errors');
      await picture(page, 'use-case-failed-function');
      await showAll(page);
      const failed = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.functions tbody tr')].map((row) => row.innerText).filter((text) => /getTask|GET tasks/.test(text))`,
      );
      expect(failed.map((text) => text.split(/\s/)[0])).toEqual(
        expect.arrayContaining(['GET', expect.stringMatching(/^getTask/)]),
      );
    },
    TIMEOUT_MS,
  );
});
