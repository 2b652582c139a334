import { describe, expect, test } from '@jest/globals';

import type { TaskRunSpec, TaskSpec } from '../../../../../shared/tekton/types.ts';
import { FakeCluster } from '../support/fake-cluster.ts';

/** The TaskSpec as the TaskRun runs it, and its Pod. */
async function run(taskSpec: TaskSpec, spec: TaskRunSpec = {}) {
  const cluster = new FakeCluster();
  cluster.createTaskRun({ ...spec, taskSpec });
  await cluster.reconcile();
  return { cluster, applied: cluster.status.taskSpec, pod: cluster.pod(), condition: cluster.condition };
}

const step = (script: string, rest: object = {}) => ({ name: 'a', image: 'x', script, ...rest });

describe('references', () => {
  test('to params: strings, array elements, whole arrays, object keys, and defaults that refer to others', async () => {
    const { applied } = await run(
      {
        params: [
          { name: 'who' },
          { name: 'greeting', default: 'hello $(params.who)' },
          { name: 'flags', type: 'array', default: ['-x'] },
          { name: 'image', properties: { url: {}, tag: {} }, default: { tag: 'latest' } },
        ],
        steps: [
          {
            name: 'a',
            image: '$(params.image.url):$(params["image"].tag)',
            command: ['run', '$(params.flags[*])'],
            args: ['$(params.greeting)', '$(params.flags[1])'],
          },
        ],
      },
      {
        params: [
          { name: 'who', value: 'you' },
          { name: 'flags', value: ['-a', '-b'] },
          { name: 'image', value: { url: 'alpine' } },
        ],
      },
    );
    expect(applied?.steps?.[0]).toEqual({
      name: 'a',
      image: 'alpine:latest',
      command: ['run', '-a', '-b'],
      args: ['hello you', '-b'],
    });
  });

  test('in values of params to contexts', async () => {
    const { applied } = await run(
      {
        params: [{ name: 'id' }],
        steps: [step('echo $(params.id) $(context.task.name) $(context.taskRun.namespace)')],
      },
      { params: [{ name: 'id', value: '$(context.taskRun.uid)' }] },
    );
    expect(applied?.steps?.[0]?.script).toBe('echo uid-of-build build ci');
  });

  test('to numbers, as Tekton reads them', async () => {
    const { applied } = await run(
      { params: [{ name: 'n' }], steps: [step('sleep $(params.n)')] },
      { params: [{ name: 'n', value: 3 as unknown as string }] },
    );
    expect(applied?.steps?.[0]?.script).toBe('sleep 3');
  });

  test('in the podTemplate to params', async () => {
    const { pod } = await run(
      { params: [{ name: 'disk' }], steps: [step('ls')] },
      { params: [{ name: 'disk', value: 'ssd' }], podTemplate: { nodeSelector: { disk: '$(params.disk)' } } },
    );
    expect(pod?.spec?.nodeSelector).toEqual({ disk: 'ssd' });
  });

  test('to results and workspaces give their paths', async () => {
    const { applied } = await run(
      {
        results: [{ name: 'out.put' }],
        workspaces: [{ name: 'source' }, { name: 'cache', optional: true }, { name: 'conf', mountPath: '/etc/conf' }],
        steps: [
          step(
            '$(results["out.put"].path) $(workspaces.source.path) $(workspaces.cache.bound):$(workspaces.cache.path) $(workspaces.conf.path) $(workspaces.source.claim)',
          ),
        ],
      },
      {
        workspaces: [
          { name: 'source', persistentVolumeClaim: { claimName: 'mine' } },
          { name: 'conf', configMap: { name: 'conf' } },
        ],
      },
    );
    expect(applied?.steps?.[0]?.script).toBe('/tekton/results/out.put /workspace/source false: /etc/conf mine');
  });

  test.each([
    ['an undeclared param', 'echo $(params.nobody)'],
    ['an element beyond the array', 'echo $(params.list[7])'],
    ['an unknown workspace', 'ls $(workspaces.nowhere.path)'],
    ["another step's result", 'cat $(steps.b.results.r.path)'],
  ])('to %s fail the TaskRun, which names field and reference', async (_what, script) => {
    const { condition, pod } = await run(
      { params: [{ name: 'list', type: 'array', default: ['x'] }], steps: [step(script)] },
      {},
    );
    expect(condition).toContain('False TaskRunValidationFailed');
    expect(condition).toContain(script.slice(script.indexOf('$(')));
    expect(condition).toContain('steps[0]');
    expect(pod).toBeUndefined();
  });

  test("of a shell are the shell's", async () => {
    const script = 'echo $(date) $(cat params.txt) ${HOME} $(results)';
    const { applied } = await run({ steps: [step(script)] });
    expect(applied?.steps?.[0]?.script).toBe(script);
  });
});
