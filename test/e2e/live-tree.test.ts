import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { displayWidth } from '../../cli/waterfall/display-width.ts';
import { cli, withIsolation } from './support/cli.ts';
import { until } from './support/run.ts';
import { hasTmux, startSession } from './support/tmux.ts';
import type { Session } from './support/tmux.ts';

const LIMIT_MS = 240_000;

/** A step waits for a file of its workspace: the test lets it go on. */
const PIPELINE = `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: shop-}
spec:
  pipelineSpec:
    workspaces: [{name: gate}]
    tasks:
      - name: clone
        workspaces: [{name: gate}]
        taskSpec:
          workspaces: [{name: gate}]
          steps:
            - {name: git, image: x, script: "echo cloning"}
            - {name: verify, image: x, script: "printf '\\\\033[1;32mverifying\\\\033[0m the signature\\\\n'; until [ -e $(workspaces.gate.path)/go ]; do sleep 0.1; done"}
      - name: unit-test
        runAfter: [clone]
        taskSpec: {steps: [{name: jest, image: x, script: "printf '\\\\033[1;32mok\\\\033[0m adds\\\\n'; echo expected total 42, got 41; exit 1"}]}
      - name: deploy
        runAfter: [unit-test]
        taskSpec: {steps: [{name: apply, image: x, script: "echo never"}]}
`;

let directory: string;
let go: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-e2e-'));
  go = path.join(directory, 'go');
  await writeFile(path.join(directory, 'shop.yaml'), PIPELINE);
});
afterAll(() => rm(directory, { recursive: true }));

/** The screen once it has all of these at the same time: a line of a log may come before the watch brings the end of the step before. */
const shows = (session: Session, ...patterns: RegExp[]): Promise<string> =>
  until(
    async () => {
      const text = await session.screen();
      return patterns.every((pattern) => pattern.test(text)) && text;
    },
    `the terminal shows ${patterns.join(' ')}`,
    LIMIT_MS,
  );

const command = (...args: string[]): string =>
  [process.execPath, '--disable-warning=ExperimentalWarning', 'cli/main.ts', ...withIsolation(['run', ...args])].join(
    ' ',
  );

const file = (): string[] => ['-f', path.join(directory, 'shop.yaml'), '-w', `gate=${directory}`];

(hasTmux ? describe : describe.skip)('the tree at a terminal', () => {
  test.each([
    [60, {}],
    [80, { NO_COLOR: '1' }],
    [200, {}],
  ])(
    'of %i columns with %j: tasks, steps and their last line; lines of the failed step stay',
    async (columns, env) => {
      await rm(go, { force: true });
      const session = await startSession(command(...file()), { columns, rows: 50, env });
      try {
        await shows(
          session,
          /^PipelineRun default\/shop-\w+$/m,
          /^ {2}\S clone {2}\d/m,
          /^ {4}✓ git {2}\d/m,
          /^ {4}\S verify {2}[\d.]+ s │ verifying the signature$/m,
          /^ {2}2 to come$/m,
        );
        await writeFile(go, '');
        const end = await shows(session, /\[ended with 1\]/);
        // Nothing of the tree is left, and nothing of the steps that succeeded.
        expect(end).not.toMatch(/verifying|cloning|to come|✓/);
        expect(end).toMatch(/^ {2}unit-test jest │ ok adds\n {2}unit-test jest │ expected total 42, got 41$/m);
        expect(end).toMatch(/^Failed {2}default\/shop-\w+\n {2}unit-test › jest {2}exit code 1$/m);
        expect(end).toMatch(/^ {2}critical path {2}clone(?: › verify \(.*\))? →/m);
        expect(end).toMatch(/^ {2}skipped {8}deploy: PipelineRun was stopping$/m);
        for (const line of end.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      } finally {
        await session.close();
      }
    },
    2 * LIMIT_MS,
  );

  test(
    'is drawn anew when the window changes, and goes away with Ctrl-C, which draws the trace so far',
    async () => {
      await rm(go, { force: true });
      const session = await startSession(command(...file()), { columns: 100, rows: 30, env: {} });
      try {
        await shows(session, /verifying the signature/);
        await session.resize(44, 12);
        await until(
          async () => {
            const rows = await session.visible();
            return (
              rows.filter((row) => row.includes('verify ')).length === 1 && rows.every((row) => displayWidth(row) < 44)
            );
          },
          'one tree that fits',
          LIMIT_MS,
        );
        await session.resize(100, 50);
        await session.press('C-c');
        const end = await shows(session, /\[ended with 130\]/);
        expect(end).toMatch(/^Ctrl-C: cancelling PipelineRun shop-\w+; its finally tasks still run$/m);
        expect(end).toMatch(/^Cancelled {2}default\/shop-\w+\n {2}cancelled by Ctrl-C$/m);
        expect(end).toContain('RUN shop');
        expect(end).toContain('The embedded cluster is removed, with all that ran in it.');
        expect(end).not.toContain('to come');
      } finally {
        await session.close();
      }
    },
    2 * LIMIT_MS,
  );

  test(
    'is not there at a dumb terminal or with --progress plain: every line of every step is',
    async () => {
      await writeFile(go, '');
      for (const [args, env] of [
        [[], { TERM: 'dumb' }],
        [['--progress', 'plain'], {}],
      ] as const) {
        const session = await startSession(command(...file(), ...args), { columns: 80, rows: 50, env });
        try {
          const end = await shows(session, /\[ended with 1\]/);
          expect(end).toMatch(/^ {2}clone git │ cloning\n {2}clone verify │ verifying the signature$/m);
        } finally {
          await session.close();
        }
      }
    },
    2 * LIMIT_MS,
  );
});

test(
  'without a terminal there is neither a tree nor any part of an escape sequence',
  async () => {
    await writeFile(go, '');
    const { stdout } = await cli(['run', ...file()]);
    expect(stdout).toMatch(/^ {2}clone git │ cloning\n {2}clone verify │ verifying the signature$/m);
    expect(stdout).toMatch(/^ {2}unit-test jest │ ok adds$/m);
    expect(stdout).not.toMatch(/\x1b|\[1;32m|\[0m|to come/); // eslint-disable-line no-control-regex
  },
  LIMIT_MS,
);
