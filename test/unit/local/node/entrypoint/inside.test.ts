import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { makeInside } from '../../../../../local/node/entrypoint/inside.ts';

let directory: string;
let volume: string;
let outside: string;
beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-')));
  [volume, outside] = [path.join(directory, 'volume'), path.join(directory, 'volume-2')];
  for (const place of [volume, outside]) fs.mkdirSync(place);
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

test('what is missing is made, what is there is taken', () => {
  expect(makeInside(volume, 'a/b', 'directory')).toBe(`${volume}/a/b`);
  expect(makeInside(volume, '/a//b/./f', 'file')).toBe(`${volume}/a/b/f`);
  expect(fs.statSync(`${volume}/a/b/f`).isFile()).toBe(true);
  expect(makeInside(volume, 'a/b/f', 'file')).toBe(`${volume}/a/b/f`);
});

test('links that stay inside are followed', () => {
  fs.mkdirSync(`${volume}/d`);
  fs.symlinkSync('d', `${volume}/l`);
  expect(makeInside(volume, 'l/x', 'directory')).toBe(`${volume}/d/x`);
});

test.each(['../volume-2', '/', 'missing', '../volume-2/missing'])('a link to %s is refused', (target) => {
  fs.symlinkSync(target, `${volume}/l`);
  for (const relative of ['l', 'l/x', 'l/x/y'])
    for (const kind of ['file', 'directory'] as const)
      expect(() => makeInside(volume, relative, kind)).toThrow('leads out of its directory at "l"');
  expect(() => makeInside(volume, '../volume-2/x', 'directory')).toThrow('leads out of its directory at ".."');
  expect(fs.readdirSync(outside)).toEqual([]);
  expect(fs.readdirSync(volume)).toEqual(['l']);
});
