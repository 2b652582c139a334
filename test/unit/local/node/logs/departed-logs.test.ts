import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { ContainerLog } from '../../../../../local/node/logs/container-log.ts';
import { DepartedLogs } from '../../../../../local/node/logs/departed-logs.ts';
import { createPodLogSource } from '../../../../../local/node/logs/pod-log-source.ts';
import { createRecord, type ContainerRecord } from '../../../../../local/node/pod/container-record.ts';

const now = (): Date => new Date(0);
let directory: string;
let departed: DepartedLogs;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  departed = new DepartedLogs(now);
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

/** A container that wrote this, in a Pod that is deleted then, with its files. */
async function wroteAndWent(output: string): Promise<void> {
  const log = new ContainerLog(path.join(directory, 'c', 'log'), {
    maxBytes: 10_000_000,
    now,
    onFault: (_, error) => {
      throw error;
    },
  });
  await log.copy(Readable.from([Buffer.from(output)]), new Promise<never>(() => undefined));
  await log.end();
  const record: ContainerRecord = { ...createRecord({ name: 'step-soak' }, 'main', ''), log };
  await departed.keep('ci', 'soak-pod', [record, createRecord({ name: 'step-never' }, 'main', '')]);
  fs.rmSync(directory, { recursive: true });
}

const read = (container: string, tailLines?: number): Promise<string> =>
  text(
    createPodLogSource(() => undefined, departed, now).logs({
      ...{ namespace: 'ci', pod: 'soak-pod', container, follow: true, timestamps: false },
      ...(tailLines !== undefined && { tailLines }),
      signal: new AbortController().signal,
    }),
  );

test('the log of a Pod that was deleted can still be read, and its last lines', async () => {
  await wroteAndWent('request 1\nrequest 2\nrequest 3\n');
  expect(await read('step-soak')).toBe('request 1\nrequest 2\nrequest 3\n');
  expect(await read('step-soak', 1)).toBe('request 3\n');
  await expect(read('step-never')).rejects.toThrow('has not run on this node, or was deleted');
});

test('of a long log the last whole lines are left, and a line says so', async () => {
  await wroteAndWent(Array.from({ length: 9000 }, (_, index) => `request ${index}\n`).join(''));
  const [first, second, ...rest] = (await read('step-soak')).split('\n');
  expect(first).toBe('[tektrace] the Pod was deleted; these are the last lines of its log');
  expect(second).toMatch(/^request \d+$/);
  expect(rest.at(-2)).toBe('request 8999');
});
