import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { peerProgram } from './support/binaries.ts';

const ours = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  resolve(import.meta.dirname, '../../local/node/entrypoint/main.ts'),
];
const upstream = [peerProgram('tekton-entrypoint')];

interface StepCase {
  name: string;
  flags?: string[];
  command: string[];
  /** Written before the entrypoint starts. */
  files?: Record<string, string>;
  /** Where ours is different on purpose. */
  ownExitCode?: number;
}

/** What the rest of the Pod and the controller see of a step. */
interface StepOutcome {
  exitCode: number | null;
  stdout: string;
  files: Record<string, string>;
  termination: unknown;
}

const rfc3339Milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$/;

const cases: StepCase[] = [
  { name: 'a step that succeeds', command: ['sh', '-c', 'echo done'] },
  { name: 'a step that fails', command: ['sh', '-c', 'exit 7'] },
  { name: 'a failure that is to be ignored', flags: ['-on_error', 'continue'], command: ['sh', '-c', 'exit 7'] },
  // Upstream exits with 255 whatever the signal; a shell's 137 tells which.
  { name: 'a step ended by a signal', command: ['sh', '-c', 'kill -KILL $$'], ownExitCode: 137 },
  { name: 'a step that runs out of time', flags: ['-timeout', '200ms'], command: ['sleep', '30'] },
  {
    name: 'a step whose predecessor failed',
    flags: ['-wait_file', 'DIR/before'],
    files: { 'before.err': '' },
    command: ['echo', 'never'],
  },
  {
    name: 'a step whose predecessor is done',
    flags: ['-wait_file', 'DIR/before'],
    files: { before: '' },
    command: ['echo', 'next'],
  },
  {
    name: 'a step that writes a result',
    flags: ['-step_results', 'digest'],
    command: ['sh', '-c', 'printf abc > DIR/status/results/digest'],
  },
  {
    name: 'a step whose when expressions are false',
    flags: ['--when_expressions', '[{"input":"a","operator":"in","values":["b"]}]'],
    command: ['echo', 'never'],
  },
  { name: 'a copy of the output', flags: ['-stdout_path', 'DIR/copy'], command: ['echo', 'kept'] },
];

describe("our entrypoint does what upstream's does", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-entrypoint-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function filesBelow(root: string): Promise<Record<string, string>> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const contents = await Promise.all(
      paths.map(async (path) => [path.slice(root.length + 1), await readFile(path, 'utf8')] as const),
    );
    return Object.fromEntries(contents.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The time differs from run to run; its form must not. */
  function comparable(message: string): unknown {
    const entries = JSON.parse(message) as { key: string; value: string; type: unknown }[];
    return entries
      .map((entry) => (entry.key === 'StartedAt' ? { ...entry, value: rfc3339Milliseconds.test(entry.value) } : entry))
      .sort((a, b) => a.key.localeCompare(b.key));
  }

  async function outcome(entrypoint: string[], { flags = [], command, files = {} }: StepCase): Promise<StepOutcome> {
    const dir = await mkdtemp(join(directory, 'step-'));
    const placed = (text: string): string => text.replaceAll('DIR', dir);
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    const common = [
      '-post_file',
      'DIR/out',
      '-termination_path',
      'DIR/termination',
      '-step_metadata_dir',
      'DIR/status',
    ];
    const [program = '', ...args] = command;
    const all = [...entrypoint.slice(1), ...[...common, ...flags, '-entrypoint', program, '--', ...args].map(placed)];
    const child = spawn(entrypoint[0] ?? '', all, { stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    const exitCode = await new Promise<number | null>((done, fail) => child.on('close', done).on('error', fail));
    const { termination = '[]', ...written } = await filesBelow(dir);
    return { exitCode, stdout, files: written, termination: comparable(termination) };
  }

  test.each(cases)('$name', async (step) => {
    const expected = await outcome(upstream, step);
    expect(await outcome(ours, step)).toEqual({ ...expected, exitCode: step.ownExitCode ?? expected.exitCode });
    expect(expected.termination).toContainEqual({ key: 'StartedAt', value: true, type: 3 });
  });
});
