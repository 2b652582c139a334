import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { expect, test } from '@jest/globals';

import { openOutput } from '../../../../../local/node/isolation/output.ts';
import { startProcess } from '../../../../../local/node/isolation/start-process.ts';

const openDescriptors = (): number => fs.readdirSync('/proc/self/fd').length;

test('arguments that the kernel refuses are named, and no descriptor stays open', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'start-process-'));
  try {
    const before = openDescriptors();
    const output = await openOutput(directory);
    const start = (): unknown => startProcess(['true', 'x'.repeat(200_000)], { stdio: 'ignore' }, output);
    expect(start).toThrow(
      'argument list too long: one argument, variable or all scripts of a task together may have 128 KiB',
    );
    for await (const chunk of output.reader) expect(String(chunk)).toBe(''); // Waits for its end.
    expect(openDescriptors()).toBe(before);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
