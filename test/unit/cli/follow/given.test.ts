import { describe, expect, test } from '@jest/globals';

import { CommandError } from '../../../../cli/errors.ts';
import { checkTaken } from '../../../../cli/run/prepare-run.ts';
import { takenBy } from '../../../../cli/follow/given.ts';
import { isRegular } from '../../../../cli/follow/regular.ts';
import type { Run } from '../../../../cli/follow/follow-run.ts';
import { fc } from '../../../support/property.ts';

const run = (params: string[], workspaces: string[] = []): Run => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'a' },
  spec: {
    pipelineSpec: {
      params: params.map((name) => ({ name })),
      workspaces: workspaces.map((name) => ({ name })),
      tasks: [],
    },
  },
});
const given = (params: string[], workspaces: string[] = []) => ({
  params: params.map((name) => ({ name, text: 'x' })),
  workspaces: workspaces.map((name) => ({ name, directory: '.' })),
});
const elsewhere: Run = { ...run([]), spec: { pipelineRef: { name: 'on-the-cluster' } } };
const check = (runs: Run[], ...options: Parameters<typeof given>) => checkTaken(runs, runs, given(...options));

describe('a param or workspace', () => {
  test('that a run declares is taken, and so is any where what it declares is not known', () => {
    expect(() => check([run(['revision'], ['source'])], ['revision'], ['source'])).not.toThrow();
    expect(() => check([run(['a']), run(['b'])], ['a', 'b'])).not.toThrow();
    expect(() => check([elsewhere], ['any'], ['any'])).not.toThrow();
    expect(() => check([run(['a']), elsewhere], ['any'])).not.toThrow();
  });

  test('that no run declares is refused with what they declare', () => {
    expect(() => check([run(['revision'])], ['revison'])).toThrow('--param revison: the run declares revision');
    expect(() => check([run([], ['source'])], [], ['src'])).toThrow('--workspace src: the run declares source');
    expect(() => check([run(['a']), run(['b'])], ['c'])).toThrow('--param c: the runs declare a, b');
    expect(() => check([run([])], ['c'])).toThrow('--param c: the run declares none');
  });

  test('goes to the runs that declare it', () => {
    const both = given(['a', 'b'], ['w']);
    expect(takenBy(run(['a']), [], both)).toEqual(given(['a']));
    expect(takenBy(elsewhere, [], both)).toEqual(both);
  });
});

const anything = fc.anything({
  maxDepth: 3,
  key: fc.constantFrom('name', 'params', 'tasks', 'taskSpec', 'spec', 'value', 'x'),
});

test('any run is regular or left to the API server', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('pipelineSpec', 'taskSpec', 'pipelineRef', 'taskRef', 'params', 'workspaces'),
        anything,
      ),
      (spec) => {
        const any = { ...run([]), spec } as unknown as Run;
        try {
          checkTaken([any], [any], given(['a'], ['w']));
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('values and annotations may have any content', () => {
  const metadata = {};
  const regular = (object: object): boolean => isRegular({ metadata, ...object });
  expect(isRegular({ ...run([]), metadata: { annotations: { params: 'x' } } })).toBe(true);
  expect(regular({ spec: { params: [{ name: 'db', value: { steps: 'x' } }] } })).toBe(true);
  expect(regular({ spec: { params: { a: 'b' } } })).toBe(false);
  expect(regular({ spec: null })).toBe(false);
  expect(regular({})).toBe(false);
});
