import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import type { Cluster, User } from '@kubernetes/client-node';

import { createKubeClient } from '../../../../../shared/kubernetes/client.ts';
import type { KubeClient, KubeClientOptions } from '../../../../../shared/kubernetes/client.ts';
import { createCredentialSource } from '../../../../../shared/kubernetes/client/credentials.ts';
import { createLogger, silentLogger } from '../../../../../shared/runtime/log.ts';
import { startTlsServer, writePlugin } from './tls-server.ts';
import type { TlsServer } from './tls-server.ts';

let server: TlsServer;
let client: KubeClient | undefined;
let passedMs: number;
let logged: string;

beforeEach(async () => {
  server = await startTlsServer();
  passedMs = 0;
  logged = '';
});
afterEach(async () => {
  client?.close();
  await server.close();
});

function connectAs(user: Omit<User, 'name'>, more: Partial<Cluster> & KubeClientOptions = {}): KubeClient {
  const { proxyUrl, tlsServerName, ...options } = more;
  const config = new KubeConfig();
  const cluster = { name: 'tests', server: server.url, caData: server.caData, skipTLSVerify: false };
  config.loadFromClusterAndUser(
    { ...cluster, ...(proxyUrl && { proxyUrl }), ...(tlsServerName && { tlsServerName }) },
    { ...user, name: 'tester' },
  );
  const log = createLogger({ write: (line) => (logged += line) });
  client = createKubeClient(config, { nowMs: () => passedMs, log, ...options });
  return client;
}

const get = (): Promise<unknown> => (client as KubeClient).request('GET', '/api/v1/pods');
const tokens = (): (string | undefined)[] => server.seen.map(({ authorization }) => authorization);
const certificates = (): (string | undefined)[] => server.seen.map(({ certificate }) => certificate);

describe('a token file', () => {
  const tokenFile = (): string => join(server.directory, 'token');
  const connectWithFile = (): KubeClient =>
    connectAs({ authProvider: { name: 'tokenFile', config: { tokenFile: tokenFile() } } });

  test('is taken without the line break at its end', async () => {
    await writeFile(tokenFile(), 'first\n');
    connectWithFile();
    await get();
    expect(tokens()).toEqual(['Bearer first']);
  });

  test('that was replaced is read again once the server refuses the old token', async () => {
    await writeFile(tokenFile(), 'first');
    connectWithFile();
    await get();
    await writeFile(tokenFile(), 'second');
    server.allows = ({ authorization }) => authorization === 'Bearer second';
    await get();
    expect(tokens()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  test('that was replaced is there for all who were refused while it was being read for another reason', async () => {
    await writeFile(tokenFile(), 'first');
    const user = { name: 'tester', authProvider: { name: 'tokenFile', config: { tokenFile: tokenFile() } } };
    const cluster = { name: 'tests', server: server.url, skipTLSVerify: false };
    const source = createCredentialSource({ cluster, user, log: silentLogger, nowMs: () => passedMs });
    const used = await source.current();
    passedMs += 11_000;
    await writeFile(tokenFile(), 'second');
    const periodic = source.current();
    expect(await Promise.all([1, 2, 3].map(() => source.refused(used)))).toEqual([true, true, true]);
    await periodic;
    source.close();
  });

  test('is read again within a minute and a half, whether or not the server refuses the old token', async () => {
    const now = Date.now();
    jest.useFakeTimers({
      now,
      doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'],
    });
    try {
      await writeFile(tokenFile(), 'first');
      connectWithFile();
      await get();
      await writeFile(tokenFile(), 'second');
      jest.setSystemTime(now + 61_000);
      passedMs += 11_000;
      await get();
      expect(tokens()).toEqual(['Bearer first', 'Bearer second']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('with a refused token is retried once, only if the token changed', async () => {
    await writeFile(tokenFile(), 'revoked');
    connectWithFile();
    server.allows = () => false;
    await expect(get()).rejects.toMatchObject({ status: 401 });
    expect(tokens()).toEqual(['Bearer revoked']);
  });

  test('that is empty or missing gives an error with the user and the file', async () => {
    connectWithFile();
    await expect(get()).rejects.toThrow(/credentials of user "tester".*ENOENT.*token/);
    await writeFile(tokenFile(), '\n');
    await expect(get()).rejects.toThrow('the token file is empty');
  });

  test('that is removed later leaves the old token in use, with a log line', async () => {
    await writeFile(tokenFile(), 'first');
    connectWithFile();
    await get();
    await writeFile(tokenFile(), '');
    server.allows = () => false;
    await expect(get()).rejects.toMatchObject({ status: 401 });
    expect(logged).toContain('the token file is empty');
    server.allows = () => true;
    await get();
    expect(tokens().at(-1)).toBe('Bearer first');
  });
});

describe('client certificate files', () => {
  const files = (): { certFile: string; keyFile: string } => ({
    certFile: join(server.directory, 'tls.crt'),
    keyFile: join(server.directory, 'tls.key'),
  });
  async function writeCertificate(commonName: string): Promise<void> {
    const { certPem, keyPem } = await server.clientCertificate(commonName);
    await writeFile(files().certFile, certPem);
    await writeFile(files().keyFile, keyPem);
  }

  test('share one connection for as long as they stay', async () => {
    await writeCertificate('first');
    connectAs(files());
    for (const _ of [1, 2, 3]) {
      await get();
      passedMs += 11_000;
    }
    expect(certificates()).toEqual(['first', 'first', 'first']);
    expect(server.accepted).toBe(1);
  });

  test('that were replaced are used from then on, and idle connections of the old ones are closed', async () => {
    await writeCertificate('first');
    connectAs(files());
    await get();
    await writeCertificate('second');
    passedMs += 11_000;
    const [old] = server.open;
    const closed = once(old as NonNullable<typeof old>, 'close');
    await get();
    await closed;
    expect(certificates()).toEqual(['first', 'second']);
  });

  test('that are half written leave those from before', async () => {
    await writeCertificate('first');
    connectAs(files());
    await get();
    await writeFile(files().certFile, (await server.clientCertificate('second')).certPem);
    passedMs += 11_000;
    await get();
    expect(certificates()).toEqual(['first', 'first']);
    expect(logged).toContain('the old ones stay in use');
  });
});

describe('an exec plugin', () => {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const plugin = async (script: string): Promise<Omit<User, 'name'>> => ({
    exec: { apiVersion, command: await writePlugin(server.directory, script), args: [], env: [] },
  });
  const runs = async (): Promise<number> =>
    (await readFile(join(server.directory, 'runs'), 'utf8')).trim().split('\n').length;
  /** Prints the token `t<number of runs>`. */
  const counting = (status = ''): string => `
    cd ${server.directory}; echo run >>runs
    echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"t$(wc -l <runs | tr -d ' ')\\"${status}}}"`;
  /** Ends with the test. */
  const hanging = (): string => `while [ -d ${server.directory} ]; do sleep 0.02; done`;

  test('is run once for many requests, and again when the server refuses what it gave', async () => {
    connectAs(await plugin(counting()));
    await Promise.all(Array.from({ length: 8 }, get));
    expect(await runs()).toBe(1);
    server.allows = ({ authorization }) => authorization === 'Bearer t2';
    await Promise.all(Array.from({ length: 8 }, get));
    expect(await runs()).toBe(2);
  });

  test('is run again when its credential has expired', async () => {
    const expired = new Date(Date.now() - 1000).toISOString();
    connectAs(await plugin(counting(`,\\"expirationTimestamp\\":\\"${expired}\\"`)));
    await get();
    passedMs += 11_000;
    await get();
    expect(tokens()).toEqual(['Bearer t1', 'Bearer t2']);
  });

  test('is not run for every request that a server refuses', async () => {
    connectAs(await plugin(counting()));
    server.allows = () => false;
    for (const _ of [1, 2, 3, 4]) await expect(get()).rejects.toMatchObject({ status: 401 });
    expect(await runs()).toBe(2);
  });

  test('finds in its environment what it is asked for', async () => {
    const script = `printf '{"status":{"token":"%s"}}' "$(printf %s "$KUBERNETES_EXEC_INFO" | base64 -w0)"`;
    connectAs(await plugin(script));
    await get();
    const [, encoded = ''] = (tokens()[0] ?? '').split(' ');
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).toMatchObject({ apiVersion, kind: 'ExecCredential' });
  });

  test('may give a client certificate', async () => {
    const { certPem, keyPem } = await server.clientCertificate('by-plugin');
    const status = { clientCertificateData: certPem, clientKeyData: keyPem };
    await writeFile(join(server.directory, 'credential.json'), JSON.stringify({ status }));
    connectAs(await plugin(`cat ${server.directory}/credential.json`));
    await get();
    expect(certificates()).toEqual(['by-plugin']);
  });

  test.each([
    ['echo no login >&2; exit 1', 'no login'],
    ['echo hello', 'JSON'],
    ['echo "{}"', 'status'],
  ])('that answers %j is an error naming the user', async (script, message) => {
    connectAs(await plugin(script));
    const failure = get();
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow('GET /api/v1/pods: the credentials of user "tester"');
  });

  test('that hangs delays a request only until the timeout', async () => {
    connectAs(await plugin(hanging()), { requestTimeoutMs: 50 });
    await expect(get()).rejects.toThrow('no credentials came within 50 ms');
  });

  test('that hangs does not keep a request from being aborted', async () => {
    connectAs(await plugin(hanging()));
    const reason = new Error('shutting down');
    const signal = AbortSignal.abort(reason);
    await expect(client?.request('GET', '/x', { signal })).rejects.toBe(reason);
    const later = new AbortController();
    const pending = client?.request('GET', '/x', { signal: later.signal });
    later.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });
});

test('basic authentication and impersonation are sent', async () => {
  connectAs({ username: 'jane', password: 'secret', impersonateUser: 'bob' });
  await get();
  const [{ headers } = { headers: {} }] = server.seen;
  expect(headers).toMatchObject({
    authorization: `Basic ${Buffer.from('jane:secret').toString('base64')}`,
    'impersonate-user': 'bob',
  });
});

test('a context without a user still checks the server', async () => {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'tests', server: server.url, caData: server.caData, skipTLSVerify: false }],
    users: [],
    contexts: [{ name: 'tests', cluster: 'tests' }],
    currentContext: 'tests',
  });
  client = createKubeClient(config);
  expect(await get()).toEqual({ ok: true });
});

test('a server of another authority is refused, without a repeat', async () => {
  server.caData = Buffer.from((await server.clientCertificate('other')).certPem).toString('base64');
  connectAs({ token: 't' });
  await expect(get()).rejects.toMatchObject({
    name: 'ConnectionError',
    message: expect.stringContaining('certificate'),
  });
  expect(server.accepted).toBe(1);
});

test('the name to check a server by may be another than its address', async () => {
  connectAs({ token: 't' }, { tlsServerName: 'kubernetes.default.svc' });
  await get();
  client?.close();
  connectAs({ token: 't' }, { tlsServerName: 'other.example' });
  await expect(get()).rejects.toThrow('other.example');
});

test('a proxy-url is gone through, over one connection', async () => {
  let tunnels = 0;
  const proxy = http.createServer().on('connect', (_request: http.IncomingMessage, socket) => {
    tunnels += 1;
    const upstream = connect(server.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.pipe(socket).pipe(upstream);
    for (const one of [upstream, socket]) one.on('error', () => undefined);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    connectAs({ token: 't' }, { proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    await get();
    await get();
    expect([tunnels, server.accepted, server.seen.length]).toEqual([1, 1, 2]);
  } finally {
    client?.close();
    const closed = once(proxy, 'close');
    proxy.close();
    proxy.closeAllConnections();
    await closed;
  }
});
