import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { TracesData } from '../../shared/otlp/types.ts';
import { withIsolation } from './support/cli.ts';
import { named, spansOf } from './support/trace.ts';

const run = promisify(execFile);
const LIMIT_MS = 300_000;

interface Manifest {
  bin: { tektrace: string };
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

let project: string;
let packed: string[];

/** The archive in a project of its own, installed as npm does it without a network: only what the package declares is beside it. */
beforeAll(async () => {
  project = await mkdtemp(path.join(os.tmpdir(), 'tektrace-e2e-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { maxBuffer: 2 ** 26 });
  const [archive] = JSON.parse(stdout.slice(stdout.lastIndexOf('\n[') + 1)) as [
    { filename: string; files: { path: string }[] },
  ];
  packed = archive.files.map((file) => file.path);
  const modules = path.join(project, 'node_modules');
  const home = path.join(modules, 'tektrace');
  await mkdir(home, { recursive: true });
  await run('tar', ['-xzf', path.join(project, archive.filename), '-C', home, '--strip-components=1']);
  const manifest = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as Manifest;
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.resolve('node_modules', name), path.join(modules, name));
  }
  await chmod(path.join(home, manifest.bin.tektrace), 0o755);
  await mkdir(path.join(modules, '.bin'));
  await symlink(path.join('..', 'tektrace', manifest.bin.tektrace), path.join(modules, '.bin', 'tektrace'));
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'elsewhere', version: '1.0.0' }));
}, LIMIT_MS);
afterAll(() => rm(project, { recursive: true }));

test('the archive has what runs, and neither sources nor tests', () => {
  expect(packed).toEqual(expect.arrayContaining(['cli/launcher.cjs', 'dist/cli/main.js', 'LICENSE', 'README.md']));
  expect(packed.filter((file) => /\.ts$|^test\/|^bench\//.test(file))).toEqual([]);
});

test(
  'npx tektrace runs a file of another project: paths are relative to where the user stands',
  async () => {
    const here = path.join(project, 'ci');
    await mkdir(here);
    const step = { name: 'read', image: 'busybox', script: 'cat "$(workspaces.source.path)/hello.txt"' };
    const object = {
      ...{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { generateName: 'elsewhere-' } },
      spec: { taskSpec: { workspaces: [{ name: 'source' }], steps: [step] } },
    };
    await writeFile(path.join(here, 'x.yaml'), JSON.stringify(object));
    await writeFile(path.join(here, 'hello.txt'), 'hello from here\n');
    const words = withIsolation(['run', '-f', 'x.yaml', '-w', 'source=.', '--trace-out', 'trace.json']);
    const { stdout } = await run('npx', ['--offline', 'tektrace', ...words], { cwd: here });
    expect(stdout).toContain('│ hello from here\n');
    expect(stdout).toMatch(/^Succeeded {2}default\/elsewhere-/m);
    const trace = JSON.parse(await readFile(path.join(here, 'trace.json'), 'utf8')) as TracesData;
    expect(named(spansOf(trace), 'step read').attributes).toMatchObject({ 'process.exit.code': '0' });
  },
  LIMIT_MS,
);
