import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { makeOwnDirectory, removeLeftovers } from '../../../../local/node/own-directory.ts';

let parent: string;
beforeEach(() => {
  parent = fs.mkdtempSync(path.join(tmpdir(), 'test-own-'));
});
afterEach(() => fs.rmSync(parent, { recursive: true }));

/** A directory whose owner is described with these changes. */
async function ownedBy(changes: object): Promise<string> {
  const directory = await makeOwnDirectory(parent);
  const file = path.join(directory, 'owner.json');
  fs.writeFileSync(file, JSON.stringify({ ...(JSON.parse(fs.readFileSync(file, 'utf8')) as object), ...changes }));
  return directory;
}

const DEAD = { startTicks: 1 };

test('a directory of a process that has ended is removed with all in it, by one of several that find it', async () => {
  const directory = await ownedBy(DEAD);
  fs.mkdirSync(path.join(directory, 'deep/er'), { recursive: true });
  fs.chmodSync(path.join(directory, 'deep'), 0o500);
  const found = await Promise.all([1, 2, 3].map(() => removeLeftovers([parent])));
  expect(found.flat()).toEqual([directory]);
  expect(fs.readdirSync(parent)).toEqual([]);
});

test('one of before the machine was started again is removed', async () => {
  await ownedBy({ bootId: 'another' });
  await removeLeftovers([parent]);
  expect(fs.readdirSync(parent)).toEqual([]);
});

test('what belongs to a process that runs, or that can’t be asked for, stays', async () => {
  await makeOwnDirectory(parent);
  await ownedBy({ ...DEAD, pidNamespace: 'pid:[1]' });
  await ownedBy({ ...DEAD, bootId: 'another', hostname: 'another' });
  expect(await removeLeftovers([parent])).toEqual([]);
  expect(fs.readdirSync(parent)).toHaveLength(3);
});

test('what others could have put there stays: no owner, a broken one, a link, a directory that others may write into', async () => {
  fs.mkdirSync(path.join(parent, 'tektrace-none'));
  fs.mkdirSync(path.join(parent, 'tektrace-broken'));
  fs.writeFileSync(path.join(parent, 'tektrace-broken', 'owner.json'), '{"pid":"1"}');
  const target = await ownedBy(DEAD);
  const elsewhere = path.join(parent, 'elsewhere');
  fs.renameSync(target, elsewhere);
  fs.symlinkSync(elsewhere, path.join(parent, 'tektrace-link'));
  const linkedOwner = path.join(parent, 'tektrace-linked-owner');
  fs.mkdirSync(linkedOwner);
  fs.symlinkSync(path.join(elsewhere, 'owner.json'), path.join(linkedOwner, 'owner.json'));
  fs.chmodSync(await ownedBy(DEAD), 0o777);
  expect(await removeLeftovers([parent, '/no/such/directory'])).toEqual([]);
  expect(fs.readdirSync(parent)).toHaveLength(6);
  expect(fs.existsSync(path.join(elsewhere, 'owner.json'))).toBe(true);
});
