import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { runSpec } from '../../../../cli/commands/run.ts';
import { traceCommand } from '../../../../cli/commands/trace.ts';
import { upCommand } from '../../../../cli/commands/up.ts';
import { parseOptions } from '../../../../cli/options/options.ts';
import { readRunSettings } from '../../../../cli/run/run-settings.ts';
import type { RunSettings } from '../../../../cli/run/run-settings.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tektrace-settings-'));
  file = path.join(directory, 'run.yaml');
  await writeFile(file, 'apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: a}\nspec: {}\n');
});
afterAll(() => rm(directory, { recursive: true }));

async function settings(...args: string[]): Promise<RunSettings> {
  const { values, positionals } = parseOptions(runSpec, args);
  return readRunSettings(values, positionals, silentLogger);
}

test('files are named with -f, --filename, --file, or alone', async () => {
  const other = path.join(directory, 'task.yaml');
  await writeFile(other, 'apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a}\n');
  for (const args of [
    [file, other],
    ['-f', file, '--filename', other],
    ['--file', `${file},${other}`],
    ['-R', directory],
  ])
    expect((await settings(...args)).manifests.map(({ object }) => object.kind)).toEqual(['TaskRun', 'Task']);
});

test('a timeout of 0 is none; one longer than the longest timer is cut to it', async () => {
  const timeout = async (value: string) => (await settings(file, '--timeout', value)).timeoutMs;
  expect([await timeout('90s'), await timeout('0'), await timeout('0s'), await timeout('10000h')]).toEqual([
    90_000,
    undefined,
    undefined,
    2_147_483_647,
  ]);
});

test.each([
  [[], 'no FILE is named'],
  [['--timeout', 'soon'], '--timeout: "soon" is not a duration'],
  [['--output', 'yaml'], '--output: "yaml" is not one of text, json'],
  [['--isolation', 'none'], '--isolation: "none" is not one of'],
  [['--namespace', ''], '--namespace: the name is empty'],
  [['-p', 'foo'], '--param "foo": expected NAME=VALUE'],
  [['-p', 'a=1', '-p', 'a=2'], '--param a: is given twice'],
  [['-w', 'a=/nowhere'], '--workspace a=/nowhere: there is no such file or directory'],
  [['--trace-out', '/no/such/x.json'], '--trace-out /no/such/x.json: there is no directory /no/such: create it first'],
  [['--trace-out', '/'], '--trace-out /: this is a directory, not a file'],
  [['--trace-out', '-', '-o', 'json'], 'both use standard output'],
  [['--jaeger-query-url', 'localhost:16686'], '--jaeger-query-url: "localhost:16686" is not a URL'],
  [['--jaeger-query-url', 'http://localhost:16686'], '--jaeger-query-url is for an existing cluster'],
  [['--jaeger-headers-file', '/x'], '--jaeger-headers-file is for an existing cluster'],
  [['--jaeger-collector-url', 'http://localhost:9999'], 'add --exporter=otlp|jaeger'],
  [['--jaeger-collector-url', 'nonsense'], '--jaeger-collector-url: not a URL'],
  [['--kubeconfig', '/x', '-w', 'a=/'], '--workspace binds a directory of this machine'],
  [
    ['--kubeconfig', '/x', '--jaeger-collector-url', 'http://j:4318'],
    '--jaeger-collector-url is for the embedded cluster',
  ],
])('%j is refused before anything starts', async (args, message) => {
  await expect(settings(...(args.length === 0 ? [] : [file, ...args]))).rejects.toThrow(message);
});

test.each([
  ['/nowhere', '--kubeconfig /nowhere: there is no such file or directory'],
  ['/', '--kubeconfig /: this is a directory, not a file'],
])('the kubeconfig %s is refused', async (kubeconfig, message) => {
  const { openCluster } = await settings(file, '--kubeconfig', kubeconfig);
  await expect(openCluster(new AbortController().signal)).rejects.toThrow(message);
  await expect(traceCommand(['x', '--kubeconfig', kubeconfig])).rejects.toThrow(message);
});

describe('the Jaeger of an existing cluster', () => {
  let kubeconfig: string;
  beforeAll(async () => {
    kubeconfig = path.join(directory, 'kubeconfig');
    const cluster = '{name: a, cluster: {server: "http://127.0.0.1:1"}}';
    const context = '{name: a, context: {cluster: a, user: a}}';
    await writeFile(
      kubeconfig,
      `{clusters: [${cluster}], users: [{name: a, user: {}}], contexts: [${context}], current-context: a}`,
    );
  });

  test('is asked with the headers of the file', async () => {
    const asked: (string | undefined)[] = [];
    const jaeger = http.createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(404).end('{}');
    });
    await new Promise<void>((done) => jaeger.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(jaeger.address() as AddressInfo).port}`;
    const headers = path.join(directory, 'headers');
    await writeFile(headers, 'authorization=Bearer a\n');
    const options = ['--kubeconfig', kubeconfig, '--jaeger-query-url', url, '--jaeger-headers-file', headers];
    const { openCluster } = await settings(file, ...options);
    const cluster = await openCluster(new AbortController().signal);
    await cluster.traces?.read('a'.repeat(32));
    await cluster.close();
    jaeger.close();
    expect(asked).toEqual(['Bearer a']);
  });

  test('is not asked where the file is missing', async () => {
    const options = ['--jaeger-query-url', 'http://127.0.0.1:1', '--jaeger-headers-file', '/nowhere'];
    const { openCluster } = await settings(file, '--kubeconfig', kubeconfig, ...options);
    await expect(openCluster(new AbortController().signal)).rejects.toThrow(
      '--jaeger-headers-file /nowhere: there is no such file or directory',
    );
  });
});

test('tektrace up and trace check their options first, too', async () => {
  await expect(upCommand(['--exit'])).rejects.toThrow('--exit: needs --run FILE');
  await expect(upCommand(['--run', '/nowhere.yaml'])).rejects.toThrow(
    '/nowhere.yaml: there is no such file or directory',
  );
  await expect(traceCommand(['x', '--trace-out', '/no/such/t.json'])).rejects.toThrow('there is no directory /no/such');
});
