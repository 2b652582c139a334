import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import type { User } from '@kubernetes/client-node';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient, KubeClientOptions } from '../../shared/kubernetes/client.ts';
import { ApiError, ConnectionError } from '../../shared/kubernetes/errors.ts';
import { createEventRecorder } from '../../shared/kubernetes/events.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { patchAnnotations } from '../../shared/kubernetes/patch.ts';
import { CONFIGMAPS, EVENTS, MERGE_PATCH, NAMESPACES, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../shared/kubernetes/types.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { isOwnAnnotation } from '../../shared/tekton/annotations.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';

const namespace = 'default';
const serviceAccounts = '/api/v1/namespaces/default/serviceaccounts';
const flowControl = '/apis/flowcontrol.apiserver.k8s.io/v1';

let server: KubeApiserver;
let admin: KubeClient;
let directory: string;
const clients: KubeClient[] = [];

beforeAll(async () => {
  server = await startKubeApiserver();
  admin = createKubeClient(loadKubeConfig({ text: server.kubeconfig }));
  directory = await mkdtemp(join(tmpdir(), 'tektrace-client-'));
});
afterAll(async () => {
  admin.close();
  await server.stop();
  await rm(directory, { recursive: true });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function track(client: KubeClient): KubeClient {
  clients.push(client);
  return client;
}

function connectAs(user: Omit<User, 'name'>, options: KubeClientOptions = {}): KubeClient {
  const config = new KubeConfig();
  const caData = Buffer.from(server.caPem).toString('base64');
  const cluster = { name: 'peers', server: server.url, caData, skipTLSVerify: false };
  config.loadFromClusterAndUser(cluster, { ...user, name: 'tester' });
  return track(createKubeClient(config, options));
}

/** Who the API server takes a client for. */
async function whoIs(client: KubeClient): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  type Review = { status: { userInfo: { username: string } } };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  return (await client.request<Review>('POST', path, { body })).status.userInfo.username;
}

async function serviceAccountToken(name: string): Promise<string> {
  await admin.request('POST', serviceAccounts, { body: { metadata: { name } } });
  type TokenRequest = { status: { token: string } };
  const path = `${serviceAccounts}/${name}/token`;
  return (await admin.request<TokenRequest>('POST', path, { body: { spec: {} } })).status.token;
}

/** Asks until the answer is an error of this status. */
async function untilAnswered(status: number, ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const error: unknown = await ask().catch((caught: unknown) => caught);
    if (error instanceof ApiError && error.status === status) return;
    await delay(100);
  }
}

describe('credentials', () => {
  test('the token of a Pod is followed when it is rotated', async () => {
    const mount = join(directory, 'pod', 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(mount, { recursive: true });
    await writeFile(join(mount, 'ca.crt'), server.caPem);
    const first = await serviceAccountToken('first');
    await writeFile(join(mount, 'token'), first);
    const { hostname, port } = new URL(server.url);
    const config = new KubeConfig();
    Object.assign(process.env, { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port });
    config.loadFromCluster(join(directory, 'pod'));
    delete process.env['KUBERNETES_SERVICE_HOST'];
    delete process.env['KUBERNETES_SERVICE_PORT'];
    const client = track(createKubeClient(config));
    expect(await whoIs(client)).toBe('system:serviceaccount:default:first');

    await writeFile(join(mount, 'token.new'), await serviceAccountToken('second'));
    await rename(join(mount, 'token.new'), join(mount, 'token'));
    await admin.request('DELETE', `${serviceAccounts}/first`);
    const old = connectAs({ token: first });
    // The API server remembers for a few seconds that the token was good.
    await untilAnswered(401, () => whoIs(old));
    expect(await whoIs(client)).toBe('system:serviceaccount:default:second');
  });

  test('a client certificate is followed when its files are replaced', async () => {
    const [certFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
    const write = async (user: string): Promise<void> => {
      const { certPem, keyPem } = await server.clientCertificate(user);
      await writeFile(certFile, certPem);
      await writeFile(keyFile, keyPem);
    };
    let passedMs = 0;
    await write('jane');
    const client = connectAs({ certFile, keyFile }, { nowMs: () => passedMs });
    expect(await whoIs(client)).toBe('jane');
    await write('joe');
    passedMs += 11_000;
    expect(await whoIs(client)).toBe('joe');
  });

  test('an exec plugin is run again when its token is refused', async () => {
    const command = join(directory, 'plugin.sh');
    const credential = join(directory, 'credential.json');
    const give = (token: string): Promise<void> =>
      writeFile(credential, JSON.stringify({ kind: 'ExecCredential', status: { token } }));
    await writeFile(command, `#!/bin/sh\ncat ${credential}\n`, { mode: 0o700 });
    await give('nobody');
    const client = connectAs({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command, env: [], args: [] } });
    await expect(whoIs(client)).rejects.toMatchObject({ status: 401 });
    await give(await serviceAccountToken('by-plugin'));
    // A plugin is not run for every 401 of the same second.
    for (let user = ''; user !== 'system:serviceaccount:default:by-plugin'; await delay(100))
      user = await whoIs(client).catch(() => '');
  });
});

test('a request refused by priority and fairness is retried until it succeeds', async () => {
  const level = (nominalConcurrencyShares: number): object => {
    const limited = { nominalConcurrencyShares, lendablePercent: 0, borrowingLimitPercent: 0 };
    return {
      metadata: { name: 'tests' },
      spec: { type: 'Limited', limited: { ...limited, limitResponse: { type: 'Reject' } } },
    };
  };
  const rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] };
  const schema = {
    metadata: { name: 'tests' },
    spec: {
      priorityLevelConfiguration: { name: 'tests' },
      matchingPrecedence: 100,
      rules: [{ subjects: [{ kind: 'User', user: { name: 'throttled' } }], resourceRules: [rule] }],
    },
  };
  await admin.request('POST', `${flowControl}/prioritylevelconfigurations`, { body: level(0) });
  await admin.request('POST', `${flowControl}/flowschemas`, { body: schema });
  const { certPem, keyPem } = await server.clientCertificate('throttled');
  const user = { certData: Buffer.from(certPem).toString('base64'), keyData: Buffer.from(keyPem).toString('base64') };
  const codes = new Set<string>();
  let putOff = 0;
  const path = `${flowControl}/prioritylevelconfigurations/tests`;
  const client = connectAs(user, {
    // The API server takes up the new level some time after it was written, and asks for a second before each attempt.
    attempts: 60,
    observer: {
      answered: (_method, _resource, code) => void codes.add(code),
      retried: () => {
        if (putOff++ === 0) void admin.request('PATCH', path, { body: level(500), contentType: MERGE_PATCH });
      },
      throttled: () => undefined,
    },
  });
  // A single request is let through at any level: only several at once are put off.
  const together = (): Promise<string[]> => Promise.all(Array.from({ length: 50 }, () => whoIs(client)));
  do expect(new Set(await together())).toEqual(new Set(['throttled']));
  while (putOff === 0);
  expect(codes).toEqual(new Set(['201', '429']));
});

test('during a restart errors say whether a request was executed; later requests succeed', async () => {
  const client = track(createKubeClient(loadKubeConfig({ text: server.kubeconfig })));
  const stop = new AbortController();
  const created: string[] = [];
  const outcomes = new Map<string, unknown>();
  const work = async (worker: number): Promise<void> => {
    for (let number = 0; !stop.signal.aborted; number++) {
      const name = `restart-${worker}-${number}`;
      const body = { metadata: { name } };
      const failure: unknown = await client
        .request('POST', resourcePath(CONFIGMAPS, { namespace }), { body })
        .then(() => undefined)
        .catch((error: unknown) => error);
      outcomes.set(name, failure);
      if (failure === undefined) created.push(name);
    }
  };
  const working = Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)));
  while (created.length < 50) await delay(10);
  await server.restart();
  const before = created.length;
  while (created.length < before + 50) await delay(10);
  stop.abort();
  await working;

  const failures = [...outcomes.values()].filter((outcome) => outcome !== undefined);
  expect(failures.filter((error) => !(error instanceof ConnectionError || error instanceof ApiError))).toEqual([]);
  const list = await client.request<KubeList<KubeObject>>('GET', resourcePath(CONFIGMAPS, { namespace }));
  const there = new Set(list.items.map(({ metadata }) => metadata.name));
  expect(created.filter((name) => !there.has(name))).toEqual([]);
  const notSent = [...outcomes].filter(([, error]) => error instanceof ConnectionError && !error.sent);
  expect(notSent.filter(([name]) => there.has(name))).toEqual([]);
}, 300_000);

describe('annotation patches', () => {
  const at = resourcePath(CONFIGMAPS, { namespace, name: 'patched' });
  const create = (): Promise<KubeObject> => {
    const body = { metadata: { name: 'patched', annotations: { other: 'kept' } }, data: { key: 'value' } };
    return admin.request<KubeObject>('POST', resourcePath(CONFIGMAPS, { namespace }), { body });
  };
  const isOurs = isOwnAnnotation;

  test('change what they name, of the object they were made for', async () => {
    const first = await create();
    const changes = { 'tekton/trace-url': 'http://jaeger/~/x', 'tekton.dev/taskrunSpanContext': '{}' };
    const patched = await patchAnnotations(admin, CONFIGMAPS, first, changes, { isOurs, unchanged: true });
    expect(patched?.metadata.annotations).toEqual({ other: 'kept', ...changes });
    expect(patched).toMatchObject({ data: { key: 'value' } });
    const removed = await patchAnnotations(admin, CONFIGMAPS, first, { 'tekton/trace-url': null }, { isOurs });
    expect(removed?.metadata.annotations).toEqual({ other: 'kept', 'tekton.dev/taskrunSpanContext': '{}' });
    const stale = patchAnnotations(admin, CONFIGMAPS, first, changes, { isOurs, unchanged: true });
    await expect(stale).rejects.toMatchObject({ status: 409, reason: 'Conflict' });

    await admin.request('DELETE', at);
    expect(await patchAnnotations(admin, CONFIGMAPS, first, changes, { isOurs })).toBeUndefined();
    await create();
    expect(await patchAnnotations(admin, CONFIGMAPS, first, changes, { isOurs })).toBeUndefined();
    expect((await admin.request<KubeObject>('GET', at)).metadata.annotations).toEqual({ other: 'kept' });
  });
});

describe('Events', () => {
  test('that repeat are one object with a count', async () => {
    const outcomes: string[] = [];
    const log = createLogger({ write: () => undefined });
    const observer = (outcome: string): void => void outcomes.push(outcome);
    const recorder = createEventRecorder(admin, { component: 'tests', host: 'node-1', log, observer });
    const object = await admin.request<KubeObject>('GET', resourcePath(NAMESPACES, { name: namespace }));
    for (const _ of [1, 2, 3])
      recorder.record({ ...object, apiVersion: 'v1', kind: 'Namespace' }, 'Normal', 'Tested', 'm');
    await recorder.stop();
    expect(outcomes).toEqual(['created', 'updated', 'updated']);
    const query = { fieldSelector: 'reason=Tested' };
    const list = await admin.request<KubeList<KubeObject>>('GET', resourcePath(EVENTS, { namespace }), { query });
    expect(list.items).toEqual([
      expect.objectContaining({ count: 3, message: 'm', source: { component: 'tests', host: 'node-1' } }),
    ]);
  });

  test('of a namespace that is being deleted give no warning', async () => {
    let logged = '';
    const log = createLogger({ level: 'debug', write: (line) => (logged += line) });
    const recorder = createEventRecorder(admin, { component: 'tests', log });
    const body = { metadata: { name: 'ending' } };
    await admin.request('POST', resourcePath(NAMESPACES), { body });
    // Nobody here finishes the deletion.
    await admin.request('DELETE', resourcePath(NAMESPACES, { name: 'ending' }));
    const object = (at: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', namespace: at, uid: 'u' },
    });
    recorder.record(object('ending'), 'Normal', 'Tested', '');
    recorder.record(object('never-there'), 'Normal', 'Tested', '');
    await recorder.stop();
    expect(logged.match(/"level":"debug"/g)).toHaveLength(2);
    expect(logged).not.toContain('"level":"warn"');
  });
});
