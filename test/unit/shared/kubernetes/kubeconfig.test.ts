import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { stringify } from 'yaml';

import { loadKubeConfig } from '../../../../shared/kubernetes/kubeconfig.ts';

const before = { ...process.env };
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tektrace-kubeconfig-'));
  for (const name of ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST']) delete process.env[name];
  process.env['HOME'] = directory;
});
afterEach(async () => {
  for (const name of ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'HOME']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await rm(directory, { recursive: true });
});

async function write(name: string, users: object[]): Promise<string> {
  const file = join(directory, name);
  const cluster = { name: 'c', cluster: { server: 'https://127.0.0.1:6443' } };
  const context = { name: 'x', context: { cluster: 'c', user: 'jane' } };
  const content = { clusters: [cluster], contexts: [context], users, 'current-context': 'x' };
  await writeFile(file, stringify(content));
  return file;
}

test('a user’s token file and a plugin beside the kubeconfig are found from where the kubeconfig is', async () => {
  const file = await write('config', [
    { name: 'jane', user: { token: 'old', tokenFile: 'tokens/jane' } },
    { name: 'joe', user: { exec: { apiVersion: 'v1', command: './bin/login', args: ['x'] } } },
    { name: 'jim', user: { exec: { apiVersion: 'v1', command: 'aws' } } },
  ]);
  const config = loadKubeConfig({ file });
  expect(config.getCurrentUser()).toMatchObject({
    authProvider: { name: 'tokenFile', config: { tokenFile: join(directory, 'tokens/jane') } },
  });
  expect(config.getCurrentUser()?.token).toBeUndefined();
  expect(config.getUser('joe')?.exec).toMatchObject({ command: join(directory, 'bin/login'), args: ['x'] });
  expect(config.getUser('jim')?.exec).toMatchObject({ command: 'aws' });
});

test('KUBECONFIG may list files', async () => {
  const first = await write('first', [{ name: 'jane', user: { tokenFile: '/run/token' } }]);
  const second = join(directory, 'second');
  await writeFile(second, stringify({ clusters: [], contexts: [], users: [{ name: 'joe', user: { token: 't' } }] }));
  process.env['KUBECONFIG'] = `${first}:${second}`;
  const config = loadKubeConfig();
  expect(config.getCurrentUser()?.authProvider).toMatchObject({ config: { tokenFile: '/run/token' } });
  expect(config.getUser('joe')?.token).toBe('t');
});

test('without any cluster the error says what to set', () => {
  expect(() => loadKubeConfig()).toThrow('KUBECONFIG');
});

test('a kubeconfig that is not there or no kubeconfig is an error naming it', async () => {
  expect(() => loadKubeConfig({ file: join(directory, 'missing') })).toThrow('missing');
  await writeFile(join(directory, 'broken'), 'users: {');
  expect(() => loadKubeConfig({ file: join(directory, 'broken') })).toThrow();
});

test('a current context that is not in the kubeconfig is named, with those that are', async () => {
  const file = await write('config', []);
  const text = (await readFile(file, 'utf8')).replace('current-context: x', 'current-context: y');
  await writeFile(file, text);
  expect(() => loadKubeConfig({ file })).toThrow('its current context "y" is not in it: kubectl config use-context x');
});
