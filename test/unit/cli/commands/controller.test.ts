import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Lease } from '../../../../shared/kubernetes/lease.ts';
import { json, lines, startFakeServer } from '../../shared/kubernetes/fake-server.ts';
import type { Answer, FakeServer } from '../../shared/kubernetes/fake-server.ts';

const main = resolve(import.meta.dirname, '../../../../cli/main.ts');
const forbidden = 'namespaces "kube-system" is forbidden: User "me" cannot get resource "namespaces"';
const run = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: {
    name: 'build',
    namespace: 'ci',
    uid: 'u1',
    resourceVersion: '5',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { pipelineSpec: { tasks: [{ name: 'make', taskSpec: { steps: [{ name: 'all', image: 'make' }] } }] } },
};

let server: FakeServer;
let directory: string;
let child: ChildProcess;
let lease: Lease | undefined;
/** Resolves when a TaskRun is created; what becomes of that is `createTaskRun`. */
let creating: PromiseWithResolvers<void>;
let createTaskRun: Answer;
let kubeSystem: Answer[];

/** An API server with one run, one Lease and as much of the rest as the controllers ask for. */
const answer: Answer = (request, response, body) => {
  const { pathname, searchParams } = new URL(request.url ?? '', server.url);
  const route = (): Answer => {
    if (pathname.includes('/leases')) {
      if (request.method === 'GET') return lease ? json(lease) : json({ reason: 'NotFound' }, 404);
      const sent = JSON.parse(body) as Lease;
      const { resourceVersion } = lease?.metadata ?? {};
      if (sent.metadata.resourceVersion !== resourceVersion) return json({ reason: 'Conflict' }, 409);
      lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: `${Number(resourceVersion ?? 0) + 1}` } };
      return json(lease);
    }
    if (pathname === '/api/v1/namespaces/kube-system') return kubeSystem.shift() ?? json({ metadata: { uid: 'k' } });
    if (searchParams.has('sendInitialEvents')) return json({ reason: 'Invalid' }, 422);
    if (searchParams.has('watch')) return lines([]);
    if (request.method === 'GET')
      return json({ metadata: { resourceVersion: '9' }, items: pathname.endsWith('/pipelineruns') ? [run] : [] });
    if (!pathname.endsWith('/taskruns')) return json(JSON.parse(body));
    creating.resolve();
    return createTaskRun;
  };
  route()(request, response, body);
};

beforeEach(async () => {
  server = await startFakeServer(answer);
  directory = await mkdtemp(join(tmpdir(), 'tektrace-command-'));
  lease = undefined;
  creating = Promise.withResolvers();
  kubeSystem = [];
});
afterEach(async () => {
  child.kill('SIGKILL');
  await server.close();
  await rm(directory, { recursive: true });
});

/** Starts the command; resolves to its exit code. */
async function controller(...args: string[]): Promise<unknown> {
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, server.config.exportConfig(), { mode: 0o600 });
  const election = ['--leader-elect', '--leader-elect-resource-namespace=ci'];
  const common = ['--kubeconfig', kubeconfig, '--health-port=0', ...election];
  child = spawn(process.execPath, [main, 'controller', '--manage=all', ...common, ...args], {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [code] = (await once(child, 'exit')) as unknown[];
  return code;
}

describe('a controller that gets SIGTERM', () => {
  test('waits for nothing that the API server puts off, and gives the lease up', async () => {
    createTaskRun = json({ reason: 'ServiceUnavailable' }, 503, { 'retry-after': '25' });
    const exited = controller();
    await creating.promise;
    expect(lease?.spec?.holderIdentity).not.toBe('');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(lease?.spec?.holderIdentity).toBe('');
    expect(
      server.requests.filter((request) => request.startsWith('POST') && request.includes('/taskruns')),
    ).toHaveLength(1);
  });

  test('and loses its lease meanwhile does not wait for hanging work, and exits with 1', async () => {
    createTaskRun = () => {
      child.kill('SIGTERM');
      lease = {
        metadata: { name: 'tektrace-controller', resourceVersion: '9999' },
        spec: { holderIdentity: 'another' },
      };
    };
    const exited = controller('--leader-elect-retry-period=100ms');
    expect(await exited).toBe(1);
    expect(lease?.spec?.holderIdentity).toBe('another');
  });
});

test('a controller waits while the API server does not give the uid of kube-system yet; when it refuses, the lease is given up', async () => {
  kubeSystem = [
    json({ reason: 'Forbidden', message: forbidden }, 403),
    json({ reason: 'TooManyRequests' }, 429),
    json({ reason: 'BadRequest' }, 400),
  ];
  expect(await controller('--jaeger-collector-url=http://127.0.0.1:9/v1/traces')).toBe(1);
  expect(kubeSystem).toEqual([]);
  expect(lease?.spec?.holderIdentity).toBe('');
});
