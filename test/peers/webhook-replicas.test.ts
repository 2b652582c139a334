import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { readAuthority } from '../../certs/authority-secret.ts';
import type { SharedAuthority, StoredSecret } from '../../certs/authority-secret.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { SECRETS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { CREATORS, startCreating } from './support/create-load.ts';
import type { LoadResult } from './support/create-load.ts';
import { chart, helm } from './support/helm.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';
import { until } from './support/until.ts';
import { webhookAnswers } from './support/webhook-cluster.ts';
import { prepareReplicas } from './support/webhook-replicas.ts';
import type { Replica, Replicas } from './support/webhook-replicas.ts';

const namespace = 'tracing';
const secretPath = resourcePath(SECRETS, { namespace, name: 'tektrace-webhook-ca' });
const PER_SECOND = 200;
const ROTATIONS = 5;
/** How long the API server may take to learn of a bundle while it creates runs as fast as it can. */
const CA_PROPAGATION = '5s';

const report = (what: string, { created, perSecond, unstamped }: LoadResult): void =>
  void process.stderr.write(`${what}: ${created} creations, ${perSecond.toFixed(0)}/s, ${unstamped} without a stamp\n`);

describe('two replicas of the webhook at the real kube-apiserver, while runs are created', () => {
  let server: KubeApiserver;
  let client: KubeClient;
  let replicas: Replicas;
  let running: Replica[];

  beforeAll(async () => {
    server = await startKubeApiserver();
    const target = ['--create-namespace', '--namespace', namespace, '--kubeconfig', server.kubeconfigPath];
    await helm(['install', 'tektrace', chart, ...target], { controller: { manage: 'all' } });
    client = createKubeClient(loadKubeConfig({ text: server.kubeconfig }), { attempts: 1 });
    const args = [`--ca-propagation=${CA_PROPAGATION}`, '--drain-duration=2s'];
    replicas = await prepareReplicas(server, client, { namespace, args });
    running = [await replicas.start(), await replicas.start()];
    await webhookAnswers(client);
  }, 300_000);
  afterAll(async () => {
    await replicas.stop();
    client.close();
    await server.stop();
  });

  async function authority(): Promise<SharedAuthority | undefined> {
    try {
      const found = readAuthority(await client.request<StoredSecret>('GET', secretPath));
      return found.state === 'valid' ? found.authority : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Deletes the Secret. Resolves when the next authority is the current one and each replica serves a certificate of it. */
  async function rotate(): Promise<void> {
    const before = (await authority())?.current.certPem;
    await client.request('DELETE', secretPath);
    const now = await until('the next authority', async () => {
      const { current, next } = (await authority()) ?? {};
      return current && !next && current.certPem !== before ? current.certPem : undefined;
    });
    for (const replica of running)
      await until('a certificate of the next authority', async () => {
        const leaf = new X509Certificate(await replica.servedPem());
        return leaf.verify(new X509Certificate(now).publicKey) || undefined;
      });
  }

  test('the authority is rotated five times without an error and without a run that has no stamp', async () => {
    const load = startCreating(client, PER_SECOND);
    for (let rotation = 0; rotation < ROTATIONS; rotation++) await rotate();
    const result = await load.stop();
    report('five rotations', result);
    expect(result).toMatchObject({ errors: [], unstamped: 0 });
    expect(result.created).toBeGreaterThan(0);
    const log = await readFile(replicas.logFile, 'utf8');
    expect(log).not.toContain('PRIVATE KEY');
    expect(log.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([]);
  }, 300_000);

  test('each replica is replaced, as a rollout does it, without an error', async () => {
    const load = startCreating(client, PER_SECOND);
    for (const old of running.splice(0)) {
      running.push(await replicas.start());
      old.process.signal('SIGTERM');
      expect(await old.process.exited).toBe(0);
    }
    const result = await load.stop();
    report('a rollout', result);
    expect(result.errors).toEqual([]);
    // An idle connection that is closed at the very moment of its use loses a review: that is HTTP/1.1, and the controller stamps the run. For each of
    // the two replicas each connection may lose one.
    expect(result.unstamped).toBeLessThanOrEqual(2 * CREATORS);
  }, 300_000);

  test('a replica is killed without an error, and the other one goes on', async () => {
    const load = startCreating(client, PER_SECOND);
    const [killed, other] = running.splice(0);
    killed?.process.signal('SIGKILL');
    await killed?.process.exited;
    // Whoever connects from now on reaches the other replica.
    await until('the killed replica is not ready', async () => ((await killed?.isReady()) ? undefined : true));
    await webhookAnswers(client);
    const meanwhile = load.take();
    report('a killed replica', meanwhile);
    expect(meanwhile.errors).toEqual([]);
    running = [other!, await replicas.start()];
    const result = await load.stop();
    report('afterwards', result);
    expect(result.errors).toEqual([]);
    await webhookAnswers(client);
  }, 300_000);
});
