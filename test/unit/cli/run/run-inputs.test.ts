import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { CommandError } from '../../../../cli/errors.ts';
import type { Run } from '../../../../cli/follow/follow-run.ts';
import { parseManifests } from '../../../../cli/follow/manifests.ts';
import { referencedInCluster } from '../../../../cli/follow/referenced.ts';
import { readCrds } from '../../../../cli/local/crds.ts';
import type { LocalCluster } from '../../../../cli/local/cluster.ts';
import { prepareRun } from '../../../../cli/run/prepare-run.ts';
import { runInputs } from '../../../../cli/run/run-inputs.ts';
import { startApiServer } from '../../../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../../../local/apiserver/server.ts';
import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../../shared/kubernetes/kubeconfig.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';
import { fc } from '../../../support/property.ts';

let server: RunningApiServer;
let client: KubeClient;
beforeAll(async () => {
  server = await startApiServer({ crds: await readCrds() });
  client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }), { userAgent: 'test' });
});
afterAll(async () => {
  client.close();
  await server.close();
});

interface Options {
  isOwnCluster?: boolean;
  namespace?: string;
  signal?: AbortSignal;
  follow?: (run: Run) => Promise<void>;
}

/** Runs what the text holds, as far as the API server: what was followed, and what was warned of. */
async function runText(text: string, options: Options = {}) {
  const followed: string[] = [];
  let warnings = '';
  const { isOwnCluster = true, namespace = 'default', signal = new AbortController().signal } = options;
  const manifests = parseManifests(text, 'in.yaml');
  const objects = manifests.map(({ object }) => object);
  // Without workspaces nothing is asked of the node.
  const local = isOwnCluster ? { local: { client } as LocalCluster } : {};
  const cluster = { client, namespace, traces: undefined, kubeconfigFile: '', close: async () => undefined, ...local };
  await runInputs({
    client,
    isOwnCluster,
    manifests,
    namespace,
    prepare: (run, where) => prepareRun(run, where, { cluster, objects, given: { params: [], workspaces: [] } }),
    follow: async (run) => {
      followed.push(`${run.metadata.namespace}/${run.metadata.name}`);
      await options.follow?.(run);
    },
    log: createLogger({ format: 'text', write: (line) => (warnings += line) }),
    signal,
  });
  return { followed, warnings };
}

const run = (name: string, more = ''): string =>
  `---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: ${name}${more}}\nspec: {taskSpec: {steps: [{image: a, script: x}]}}\n`;
const object = (apiVersion: string, kind: string, metadata: string, more = ''): string =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {${metadata}}\n${more}`;
const read = (path: string): Promise<Record<string, unknown>> => client.request('GET', path);

describe('runs', () => {
  test('are followed one after the other, each created when the one before has ended', async () => {
    const text = run('r1') + object('v1', 'ConfigMap', 'name: after') + run('r2');
    const follow = async ({ metadata: { name } }: Run): Promise<void> => {
      await read('/api/v1/namespaces/default/configmaps/after');
      const next = read('/apis/tekton.dev/v1/namespaces/default/taskruns/r2');
      await (name === 'r1' ? expect(next).rejects.toThrow('404') : expect(next).resolves.toBeDefined());
    };
    expect((await runText(text, { follow })).followed).toEqual(['default/r1', 'default/r2']);
  });

  const exported =
    ', resourceVersion: "82", uid: 0a1b, generation: 4, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [], ownerReferences: ' +
    '[{apiVersion: tekton.dev/v1, kind: PipelineRun, name: gone, uid: 2c3d}]';

  test.each([true, false])(
    'that kubectl get -o yaml wrote are new ones, in an own cluster (%s) without owners',
    async (isOwnCluster) => {
      const name = `exported-${isOwnCluster}`;
      const text = object('v1', 'ConfigMap', `name: ${name}${exported}`) + run(name, exported);
      const metadata: Run['metadata'][] = [];
      await runText(text, { isOwnCluster, follow: async (created) => void metadata.push(created.metadata) });
      expect(metadata).toMatchObject([{ name, generation: 1 }]);
      expect(metadata[0]?.uid).not.toBe('0a1b');
      expect(metadata[0]?.ownerReferences?.length ?? 0).toBe(isOwnCluster ? 0 : 1);
    },
  );

  test.each([true, false])('of which one is refused are not created at all (own cluster: %s)', async (isOwnCluster) => {
    const refused = run('s2').replace('steps', 'stepps');
    await expect(runText(run('s1') + refused, { isOwnCluster })).rejects.toThrow(CommandError);
    await expect(runText(run('s1') + run('s2').replace('{taskSpec', '{params: 5, taskSpec'))).rejects.toThrow(
      /^in\.yaml:7 \(document 2\): TaskRun s2 was not accepted:\n {2}.*spec\.params/,
    );
    await expect(read('/apis/tekton.dev/v1/namespaces/default/taskruns/s1')).rejects.toThrow('404');
  });

  test.each([
    [
      run('q1').replace('{taskSpec', '{params: [{name: y, value: a}], taskSpec'),
      'params[0].name',
      /are booleans to YAML: put them into quotes/,
    ],
    [
      run('q2').replace('{taskSpec', '{params: [{name: 1, value: a}], taskSpec'),
      'params[0].name',
      /a number to YAML: put it into quotes/,
    ],
    [object('v1', 'ConfigMap', 'name: q3', 'data: {a: yes}\n') + run('q3'), 'ConfigMap.data', /are booleans to YAML/],
  ])('with a word that YAML reads as another type are refused with what to do: %j', async (text, where, hint) => {
    const refusal = await runText(text).catch((error: unknown) => (error as Error).message);
    expect(refusal).toContain(where);
    expect(refusal).toMatch(hint);
  });

  test('after a signal are not created', async () => {
    const stop = new AbortController();
    const follow = async (): Promise<void> => stop.abort();
    expect((await runText(run('t1') + run('t2'), { signal: stop.signal, follow })).followed).toEqual(['default/t1']);
  });
});

describe('the embedded cluster', () => {
  test('gets the namespaces that the objects name, and --namespace', async () => {
    const text =
      object('v1', 'Namespace', 'name: own, labels: {a: b}') +
      object('v1', 'Secret', 'name: s, namespace: own') +
      run('u', ', namespace: team-a');
    expect((await runText(text, { namespace: 'given' })).followed).toEqual(['team-a/u']);
    expect(await read('/api/v1/namespaces/own')).toMatchObject({ metadata: { labels: { a: 'b' } } });
    expect(await read('/api/v1/namespaces/given')).toBeDefined();
  });

  test('refuses a namespace that can’t be one, with the object that names it', async () => {
    await expect(runText(run('u', ', namespace: Team_A'))).rejects.toThrow(
      /^in\.yaml:2: Namespace Team_A was not accepted:\n {2}metadata\.name: /,
    );
  });

  test('changes objects that it created itself', async () => {
    const text =
      object('v1', 'Namespace', 'name: default, labels: {team: x}') +
      object('v1', 'ServiceAccount', 'name: default', 'imagePullSecrets: [{name: pull}]\n');
    await runText(text + run('v'));
    expect(await read('/api/v1/namespaces/default')).toMatchObject({ metadata: { labels: { team: 'x' } } });
    expect(await read('/api/v1/namespaces/default/serviceaccounts/default')).toMatchObject({
      imagePullSecrets: [{ name: 'pull' }],
    });
  });

  test('leaves out unserved objects that no run needs with a warning, and refuses other unserved objects', async () => {
    const { followed, warnings } = await runText(
      object('triggers.tekton.dev/v1beta1', 'TriggerTemplate', 'name: tt') + run('w'),
    );
    expect(followed).toEqual(['default/w']);
    expect(warnings).toContain(
      'left out: in.yaml:2 (document 1): TriggerTemplate tt: the cluster does not serve triggers.tekton.dev/v1beta1',
    );
    await expect(runText(object('v1', 'Secrett', 'name: s') + run('x'))).rejects.toThrow(
      /^in\.yaml:2 \(document 1\): Secrett s: the cluster’s v1 has no kind Secrett, only ConfigMap, /,
    );
  });
});

describe('another cluster', () => {
  test('is given no namespaces, keeps what it has, and refuses what it does not serve', async () => {
    const options = { isOwnCluster: false };
    await expect(runText(run('other', ', namespace: absent'), options)).rejects.toThrow(
      /TaskRun other was not accepted:\n {2}namespaces "absent" not found/,
    );
    await expect(runText(object('v1', 'Namespace', 'name: default') + run('other'), options)).rejects.toThrow(
      'Namespace default exists in the cluster already: leave it out, or change it with kubectl apply',
    );
    await expect(runText(object('x.io/v1', 'X', 'name: x') + run('other'), options)).rejects.toThrow(
      'the cluster does not serve x.io/v1',
    );
  });

  test('is asked for the Task that a run names', async () => {
    await runText(
      object(
        'tekton.dev/v1',
        'Task',
        'name: far',
        'spec: {params: [{name: l, type: array}], steps: [{image: a, script: x}]}\n',
      ) + run('z'),
    );
    const naming = (name: string) => ({ kind: 'TaskRun', metadata: {}, spec: { taskRef: { name } } });
    const found = await referencedInCluster(client, [naming('far'), naming('nowhere')], [], 'default');
    expect(found).toMatchObject([{ kind: 'Task', metadata: { name: 'far' } }]);
  });
});

const valid =
  object('v1', 'ConfigMap', 'generateName: c-', 'data: {a: b}\n') +
  run('fuzz-', ', annotations: {a: b}').replace('name:', 'generateName:');
const mutated = fc
  .array(
    fc.tuple(
      fc.nat(valid.length),
      fc.nat(8),
      fc.constantFrom('', ' ', ': ', '[', '{', '}', '\n', 'null', '5', '- ', '~', 'é', '../..', '%2f', '-'),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) => edits.reduce((text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length), valid));

test('objects that were changed at random run, or end in one CommandError', async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      try {
        await runText(text);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        expect(error.message.length).toBeLessThan(2000);
      }
    }),
    { numRuns: 150 },
  );
});
