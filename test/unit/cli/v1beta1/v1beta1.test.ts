import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';

import { parse } from 'yaml';

import { ConversionError } from '../../../../cli/v1beta1/carried.ts';
import { convertTekton, V1, V1BETA1 } from '../../../../cli/v1beta1/convert.ts';
import { withV1beta1 } from '../../../../cli/v1beta1/definition.ts';
import { fieldPathInV1beta1 } from '../../../../cli/v1beta1/field-path.ts';
import { refusedInV1beta1 } from '../../../../cli/v1beta1/refused.ts';

const DEPRECATIONS = 'tekton.dev/v1beta1.task-deprecations';

const object = (kind: string, spec: object, more: object = {}) => ({
  apiVersion: V1BETA1,
  kind,
  metadata: { name: 'x' },
  spec,
  ...more,
});

describe('Tekton objects between v1beta1 and v1 (test/peers compares with upstream)', () => {
  test("a run's timeout, account and Pod template go to v1's places and come back", () => {
    const beta = object('PipelineRun', {
      pipelineRef: { name: 'p' },
      timeout: '2h',
      serviceAccountName: 'builder',
      podTemplate: { nodeSelector: { a: 'b' } },
      taskRunSpecs: [{ pipelineTaskName: 't', taskServiceAccountName: 'other' }],
    });
    const stable = convertTekton(beta, V1);
    expect(stable).toEqual({
      apiVersion: V1,
      kind: 'PipelineRun',
      metadata: { name: 'x' },
      spec: {
        pipelineRef: { name: 'p' },
        timeouts: { pipeline: '2h' },
        taskRunTemplate: { serviceAccountName: 'builder', podTemplate: { nodeSelector: { a: 'b' } } },
        taskRunSpecs: [{ pipelineTaskName: 't', serviceAccountName: 'other' }],
      },
    });
    const { timeout: _timeout, ...spec } = beta.spec as Record<string, unknown>;
    expect(convertTekton(stable, V1BETA1)).toEqual({ ...beta, spec: { ...spec, timeouts: { pipeline: '2h' } } });
  });

  test('fields of steps that v1 has no more are kept in an annotation, by task', () => {
    const beta = object('Task', {
      stepTemplate: { name: 'base', image: 'alpine' },
      steps: [{ name: 's', script: 'true', tty: true, resources: { limits: { cpu: '1' } } }],
    });
    const stable = convertTekton(beta, V1);
    expect(stable.spec).toEqual({
      stepTemplate: { image: 'alpine' },
      steps: [{ name: 's', script: 'true', computeResources: { limits: { cpu: '1' } } }],
    });
    expect(stable.metadata).toEqual({
      name: 'x',
      annotations: {
        [DEPRECATIONS]:
          '{"x":{"deprecatedSteps":[{"name":"","resources":{},"tty":true}],"deprecatedStepTemplate":{"name":"base","resources":{}}}}',
      },
    });
    expect(convertTekton(stable, V1BETA1)).toEqual(beta);
  });

  test('pipelines in pipelines are converted, too, and their tasks are distinguished', () => {
    const steps = [{ name: 's', tty: true, resources: {} }];
    const inner = { name: 'a', taskSpec: { steps: [...steps, ...steps] } };
    const beta = object('Pipeline', {
      tasks: [
        { name: 'a', taskSpec: { steps } },
        { name: 'b', pipelineSpec: { tasks: [inner] } },
        { name: '__proto__', taskSpec: { steps: [{ name: 's' }] } },
      ],
    });
    const stable = convertTekton(beta, V1);
    const { annotations = {} } = stable.metadata as { annotations?: Record<string, string> };
    expect(Object.keys(JSON.parse(annotations[DEPRECATIONS] ?? '') as object)).toEqual(['a', 'b.a']);
    expect(JSON.stringify(stable.spec)).not.toMatch(/tty|"resources"/);
    expect(convertTekton(stable, V1BETA1)).toEqual(beta);
  });

  test("an object whose steps don't fit the kept fields any more can't be shown in v1beta1", () => {
    const kept = JSON.stringify({ x: { deprecatedSteps: [{ tty: true }, { tty: true }] } });
    const stable = { apiVersion: V1, kind: 'Task', metadata: { name: 'x', annotations: { [DEPRECATIONS]: kept } } };
    expect(() => convertTekton({ ...stable, spec: { steps: [{ name: 's' }] } }, V1BETA1)).toThrow(
      new ConversionError('length of deserialized steps mismatch the length of target steps'),
    );
    const broken = { ...stable, metadata: { name: 'x', annotations: { [DEPRECATIONS]: '{' } } };
    expect(() => convertTekton(broken, V1BETA1)).toThrow(`error deserializing key ${DEPRECATIONS} from metadata`);
  });

  test('values of an unexpected type are not changed', () => {
    for (const spec of [{ steps: 'none' }, { steps: [1, null], params: {}, stepTemplate: [] }, { taskRef: 3 }])
      for (const kind of ['Task', 'TaskRun']) expect(convertTekton(object(kind, spec), V1).spec).toMatchObject(spec);
    expect(convertTekton({ apiVersion: V1BETA1, kind: 'Task' }, V1)).toMatchObject({ apiVersion: V1, kind: 'Task' });
    expect(convertTekton({ apiVersion: V1BETA1, kind: 'StepAction', spec: { resources: 1 } }, V1)).toEqual({
      apiVersion: V1,
      kind: 'StepAction',
      spec: { resources: 1 },
    });
  });

  test.each([
    ['TaskRun', { taskRef: { name: 'a', bundle: 'b' } }, ['spec.taskRef.bundle']],
    ['PipelineRun', { pipelineRef: { bundle: 'b' } }, ['spec.pipelineRef.bundle']],
    ['Pipeline', { tasks: [{ name: 'a', taskRef: { bundle: 'b' } }] }, ['spec.tasks[0].taskRef.bundle']],
    ['Task', { resources: { inputs: [] } }, ['spec.resources']],
    ['PipelineRun', { timeout: '1h', timeouts: {} }, ['spec.timeout', 'spec.timeouts']],
    [
      'PipelineRun',
      { pipelineSpec: { finally: [{ resources: {}, taskSpec: { resources: {} } }] } },
      ['spec.pipelineSpec.finally[0].resources', 'spec.pipelineSpec.finally[0].taskSpec.resources'],
    ],
    ['Pipeline', { tasks: [{ pipelineRef: { bundle: 'b' } }] }, ['spec.tasks[0].pipelineRef.bundle']],
    ['Pipeline', { resources: [], tasks: [{ taskRef: { bundle: '' } }] }, []],
  ])('%s %j: refused with its field path', (kind, spec, paths) => {
    const found = refusedInV1beta1({ kind, spec });
    expect(found.map(({ path }) => path)).toEqual(paths);
    for (const { message } of found) expect(message).toContain('must not set the field(s)');
  });

  test.each([
    ['PipelineRun', 'spec.taskRunTemplate.podTemplate.env', 'spec.podTemplate.env'],
    ['PipelineRun', 'spec.timeouts.pipeline', 'spec.timeout'],
    ['PipelineRun', 'spec.taskRunSpecs[1].serviceAccountName', 'spec.taskRunSpecs[1].taskServiceAccountName'],
    [
      'PipelineRun',
      'spec.taskRunSpecs[1].stepSpecs[0].computeResources',
      'spec.taskRunSpecs[1].stepOverrides[0].resources',
    ],
    ['TaskRun', 'spec.sidecarSpecs', 'spec.sidecarOverrides'],
    ['TaskRun', 'spec.taskSpec.steps[2].computeResources.limits', 'spec.taskSpec.steps[2].resources.limits'],
    ['TaskRun', 'spec.computeResources', 'spec.computeResources'],
    ['Task', 'spec.stepTemplate.computeResources', 'spec.stepTemplate.resources'],
  ])('%s %s is %s for who wrote v1beta1', (kind, path, shown) => {
    expect(fieldPathInV1beta1(kind, path, true)).toBe(shown);
  });
});

test('definitions get a v1beta1 that is served and not stored, with its own names of fields', async () => {
  for (const name of ['tasks', 'pipelines', 'taskruns', 'pipelineruns']) {
    const text = await readFile(`helm/tektrace/files/crds/${name}.yaml`, 'utf8');
    const definition = withV1beta1(parse(text) as object) as {
      spec: { versions: { name: string; served: boolean; storage: boolean; schema: unknown }[] };
    };
    expect(definition.spec.versions.map(({ name: version, served, storage }) => [version, served, storage])).toEqual([
      ['v1', true, true],
      ['v1beta1', true, false],
    ]);
    const [, beta] = definition.spec.versions.map(({ schema }) => JSON.stringify(schema));
    for (const field of ['stepSpecs', 'sidecarSpecs', 'taskRunTemplate']) expect(beta).not.toContain(field);
    expect(beta).toContain('"resources"');
  }
  expect(withV1beta1({ spec: { group: 'x.y', names: { kind: 'Task' } } })).toEqual({
    spec: { group: 'x.y', names: { kind: 'Task' } },
  });
});
