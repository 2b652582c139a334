import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, test } from '@jest/globals';

import { createImageStore } from '../../../local/node/images.ts';
import { createPlainIsolation } from '../../../local/node/isolation/plain.ts';

const STARTS = 20;

let rootDir: string;
beforeAll(() => {
  rootDir = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
});
afterAll(() => fs.rmSync(rootDir, { recursive: true }));

test('nodes without namespaces start side by side, and none ends the processes of another', async () => {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const start = async (_: unknown, index: number): Promise<void> => {
    const directory = path.join(rootDir, String(index));
    const images = await createImageStore(directory, 'plain');
    await images.warmUp(createPlainIsolation(own, 'test'));
  };
  await Promise.all(Array.from({ length: STARTS }, start));
});
