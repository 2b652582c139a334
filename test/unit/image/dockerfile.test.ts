import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { CONFIG } from '../../../image/config.ts';

const project = resolve(import.meta.dirname, '../../..');
const dockerfile = readFileSync(join(project, 'Dockerfile'), 'utf8');

/** The values of an instruction in the Dockerfile's last stage. */
const instructions = (name: string): string[] =>
  [...(dockerfile.split('FROM scratch')[1] ?? '').matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].map(
    ([, value = '']) => value,
  );

describe('the Dockerfile', () => {
  test('runs containers as `npm run image` does', () => {
    expect(instructions('USER')).toEqual([CONFIG.User]);
    expect(instructions('WORKDIR')).toEqual([CONFIG.WorkingDir]);
    expect(instructions('ENV').flatMap((line) => line.split(' '))).toEqual(CONFIG.Env);
    expect(instructions('ENTRYPOINT').map((line) => JSON.parse(line) as unknown)).toEqual([CONFIG.Entrypoint]);
    expect(instructions('CMD').map((line) => JSON.parse(line) as unknown)).toEqual([CONFIG.Cmd]);
  });

  test('copies the files that `npm run image` makes, and nothing else', () => {
    expect(dockerfile).toContain('RUN node image/main.ts --root /image\n');
    expect(instructions('COPY')).toEqual(['--from=files /image /']);
  });

  test('gets from its context what it builds from', () => {
    const lines = readFileSync(join(project, '.dockerignore'), 'utf8').split('\n');
    const kept = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(kept.filter((path) => !existsSync(join(project, path)))).toEqual([]);
    for (const path of ['package-lock.json', 'image', 'cli', 'helm/tektrace/files']) expect(kept).toContain(path);
  });
});
