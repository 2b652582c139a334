import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { allows, substitute, substituteCommand } from '../../../../../local/node/entrypoint/substitution.ts';

describe('results of steps before', () => {
  let steps: string;
  beforeAll(() => {
    steps = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
    const results = path.join(steps, 'step-one', 'results');
    fs.mkdirSync(results, { recursive: true });
    fs.writeFileSync(path.join(results, 's'), 'text');
    fs.writeFileSync(path.join(results, 'a'), '["x","y"]');
    fs.writeFileSync(path.join(results, 'o'), '{"k":"v"}');
  });
  afterAll(() => fs.rmSync(steps, { recursive: true }));

  test.each([
    ['is $(steps.one.results.s).', 'is text.'],
    ['$(steps.one.results.a[1])', 'y'],
    ['$(steps.one.results.o.k)', 'v'],
    ['$(params.x)', '$(params.x)'],
  ])('%s', (text, expected) => {
    expect(substitute(text, steps)).toBe(expected);
  });

  test('an array becomes one argument per element', () => {
    expect(substituteCommand(['echo', '$(steps.one.results.a[*])', 'z'], steps)).toEqual(['echo', 'x', 'y', 'z']);
  });

  test('a result that was not written is an error', () => {
    expect(() => substitute('$(steps.two.results.s)', steps)).toThrow('no such file');
  });

  test('when expressions decide on the values', () => {
    const when = (operator: string, values: string[]): string =>
      JSON.stringify([{ input: '$(steps.one.results.s)', operator, values }]);
    expect(allows(when('in', ['text']), steps)).toBe(true);
    expect(allows(when('notin', ['text']), steps)).toBe(false);
    expect(() => allows(JSON.stringify([{ cel: 'true' }]), steps)).toThrow('CEL is not supported');
  });
});
