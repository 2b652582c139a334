import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readCrds } from '../../cli/local/crds.ts';
import { tektonConverters } from '../../cli/local/tekton-converters.ts';
import { startApiServer } from '../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../local/apiserver/server.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient, KubeRequest } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import type { ManagedFieldsEntry } from '../../shared/kubernetes/types.ts';
import { withV1beta1 } from '../../cli/v1beta1/definition.ts';
import { compared, readCorpus } from './support/conversion.ts';
import type { TektonObject } from './support/conversion.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';
import { startUpstreamWebhook } from './support/upstream/processes.ts';

interface Answer {
  code: number;
  body: TektonObject & { items?: TektonObject[] };
  message?: string;
}

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

const pathOf = (version: string, kind: string, name = ''): string =>
  `/apis/tekton.dev/${version}/namespaces/default/${kind.toLowerCase()}s${name === '' ? '' : `/${name}`}`;

async function ask(client: KubeClient, method: string, path: string, options: KubeRequest = {}): Promise<Answer> {
  try {
    return { code: 200, body: await client.request<Answer['body']>(method, path, options) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { code: error.status, body: {} as Answer['body'], message: error.message };
  }
}

/** What of an object does not differ from server to server. */
function lasting(object: TektonObject): unknown {
  const { name, labels, annotations } = object.metadata ?? {};
  return compared({
    ...object,
    metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) },
  });
}

const task = (apiVersion: string, resources: object): object => ({
  apiVersion: `tekton.dev/${apiVersion}`,
  kind: 'Task',
  metadata: { name: 'shared' },
  spec: { stepTemplate: { image: 'alpine', ...resources } },
});
const steps = [{ name: 'a', image: 'alpine', script: 'true', tty: true, resources: { limits: { cpu: '1' } } }];
const cpu = (name: string, value: string): object => ({ [name]: { requests: { cpu: value } } });
const applied = (version: string, manager: string, resources: object, more: object = {}, force = 'false') =>
  ({
    method: 'PATCH',
    path: pathOf(version, 'Task', 'shared'),
    options: {
      contentType: APPLY,
      query: { fieldManager: manager, force },
      body: { ...task(version, resources), ...more },
    },
  }) as const;

/** One Task in both versions, by several people. */
const session: { method: string; path: string; options?: KubeRequest }[] = [
  {
    method: 'POST',
    path: pathOf('v1beta1', 'Task'),
    options: { body: { ...task('v1beta1', {}), spec: { steps } }, query: { fieldManager: 'maker' } },
  },
  applied('v1beta1', 'anna', cpu('resources', '1')),
  applied('v1', 'bert', cpu('computeResources', '2')),
  applied('v1', 'bert', cpu('computeResources', '2'), {}, 'true'),
  applied('v1beta1', 'anna', {}),
  applied('v1', 'anna', cpu('computeResources', '2')),
  applied('v1beta1', 'bert', {}),
  { method: 'GET', path: pathOf('v1', 'Task', 'shared') },
  { method: 'GET', path: pathOf('v1beta1', 'Task', 'shared') },
  {
    method: 'PATCH',
    path: pathOf('v1beta1', 'Task', 'shared'),
    options: {
      contentType: MERGE,
      query: { fieldManager: 'merger' },
      body: { spec: { stepTemplate: { name: 'base', resources: { limits: { memory: '1Gi' } } } } },
    },
  },
  {
    method: 'PATCH',
    path: pathOf('v1beta1', 'Task', 'shared'),
    options: {
      contentType: JSON_PATCH,
      query: { fieldManager: 'patcher' },
      body: [
        { op: 'test', path: '/spec/steps/0/tty', value: true },
        { op: 'add', path: '/spec/steps/0/stdin', value: true },
      ],
    },
  },
  { method: 'GET', path: pathOf('v1', 'Task', 'shared') },
  {
    method: 'PATCH',
    path: pathOf('v1', 'Task', 'shared'),
    options: {
      contentType: MERGE,
      query: { fieldManager: 'merger' },
      body: {
        spec: {
          steps: [
            { name: 'a', image: 'a' },
            { name: 'b', image: 'b' },
          ],
        },
      },
    },
  },
  // Its deprecated fields do not fit its steps any more.
  { method: 'GET', path: pathOf('v1beta1', 'Task', 'shared') },
  { method: 'GET', path: pathOf('v1', 'Task', 'shared') },
];

/** That somebody owns a map as such is told where its schema says what is in it; ours leaves what is in `resources` open. */
function ownedFields(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null) return fields;
  const entries = Object.entries(fields)
    .filter(([key]) => key !== '.')
    .map(([key, value]) => [key, ownedFields(value)] as const);
  return Object.fromEntries(
    entries.filter(
      ([key, value]) =>
        !/^f:(resources|computeResources|requests|limits)$/.test(key) || Object.keys(value as object).length > 0,
    ),
  );
}

/** Who owns what, by who it is. */
function ownedBy({ metadata }: TektonObject): unknown {
  const { managedFields = [] } = metadata as { managedFields?: ManagedFieldsEntry[] };
  const owner = ({ manager = '', apiVersion = '' }: ManagedFieldsEntry): string => `${manager} ${apiVersion}`;
  return [...managedFields]
    .sort((x, y) => (owner(x) < owner(y) ? -1 : 1))
    .map(({ time: _time, fieldsV1, ...entry }) => ({ ...entry, fieldsV1: ownedFields(fieldsV1) }));
}

describe("v1beta1 on the embedded API server and on a kube-apiserver with upstream's conversion webhook", () => {
  let directory: string;
  let real: KubeApiserver;
  let webhook: { stop(): Promise<void> } | undefined;
  let embedded: RunningApiServer;
  const clients: KubeClient[] = [];

  /** What upstream's server and ours answer. */
  const both = (method: string, path: string, options?: KubeRequest): Promise<Answer[]> =>
    Promise.all(clients.map((client) => ask(client, method, path, options)));

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-versions-'));
    real = await startKubeApiserver();
    const { kubeconfig, kubeconfigPath } = real;
    const client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
    clients.push(client);
    webhook = await startUpstreamWebhook({
      ...{ kubeconfig, kubeconfigPath, client, directory },
      otlpUrl: 'http://127.0.0.1:9/v1/traces',
    });
    embedded = await startApiServer({ crds: (await readCrds()).map(withV1beta1), converters: tektonConverters });
    clients.push(createKubeClient(loadKubeConfig({ text: await embedded.kubeconfig() })));
  }, 300_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await embedded.close();
    await webhook?.stop();
    await real.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('an object written in v1beta1 is equal in both versions on both servers', async () => {
    const kept: string[] = [];
    for (const [name, object] of await readCorpus('v1beta1')) {
      const { status: _status, ...body } = object;
      const [theirs, ours] = await both('POST', pathOf('v1beta1', object.kind), { body });
      // Some of what upstream converts it refuses to create, for reasons that v1 has too.
      if (theirs?.code !== 200) {
        await both('DELETE', pathOf('v1beta1', object.kind, object.metadata.name));
        continue;
      }
      kept.push(name);
      expect({ name, answer: ours && lasting(ours.body) }).toEqual({ name, answer: lasting(theirs.body) });
      for (const version of ['v1', 'v1beta1']) {
        const [upstream, here] = await both('GET', pathOf(version, object.kind, object.metadata.name));
        expect({ name, version, object: here && lasting(here.body) }).toEqual({
          name,
          version,
          object: upstream && lasting(upstream.body),
        });
      }
    }
    expect(kept.length).toBeGreaterThanOrEqual(30);
    for (const kind of ['Task', 'Pipeline', 'TaskRun', 'PipelineRun']) {
      const [upstream, here] = await both('GET', pathOf('v1beta1', kind));
      expect(here?.body.items?.map(lasting)).toEqual(upstream?.body.items?.map(lasting));
    }
  }, 300_000);

  test('v1beta1 fields that upstream refuses are refused at the same paths', async () => {
    for (const [name, object] of await readCorpus('v1beta1-refused')) {
      const [theirs, ours] = await both('POST', pathOf('v1beta1', object.kind), { body: object });
      expect({ name, code: theirs?.code }).toEqual({ name, code: 400 });
      const fields = /must not set the field\(s\): ([^\n]*)/.exec(theirs?.message ?? '')?.[1]?.split(', ');
      if (fields === undefined) continue;
      expect({ name, code: ours?.code }).toEqual({ name, code: 422 });
      for (const field of fields) expect(ours?.message).toContain(`${field}: Forbidden: must not set the field(s)`);
    }
  });

  test('who applies and patches in one version meets who does it in the other as on a cluster', async () => {
    for (const [index, { method, path, options }] of session.entries()) {
      const [theirs, ours] = await both(method, path, options);
      const step = `${index}: ${method} ${path} ${JSON.stringify(options?.query ?? {})}`;
      expect({ step, code: ours?.code }).toEqual({ step, code: theirs?.code });
      if (theirs?.code === 409) expect(ours?.message).toBe(theirs.message);
      if (theirs?.code !== 200 || ours === undefined) continue;
      expect({ step, object: lasting(ours.body) }).toEqual({ step, object: lasting(theirs.body) });
      expect({ step, owned: ownedBy(ours.body) }).toEqual({ step, owned: ownedBy(theirs.body) });
    }
  });
});
