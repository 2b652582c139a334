import { describe, expect, test } from '@jest/globals';
import { matchesLabelSelector, parseLabelSelector } from '../../../../../local/apiserver/storage/label-selector.ts';

describe('label selectors', () => {
  test.each([
    ['a=1', { a: '1' }, { a: '2' }],
    ['a==1', { a: '1' }, {}],
    ['a!=1', {}, { a: '1' }],
    ['a', { a: '' }, {}],
    ['!a', {}, { a: '1' }],
    ['a in (1, 2)', { a: '2' }, { a: '3' }],
    ['a notin (1,2)', {}, { a: '1' }],
    ['a=1,b in (x,y),!c', { a: '1', b: 'y' }, { a: '1', b: 'y', c: '' }],
    ['tekton.dev/taskRun=x', { 'tekton.dev/taskRun': 'x' }, {}],
  ] as [string, Record<string, string>, Record<string, string>][])('%s', (selector, fits, fitsNot) => {
    expect(parseLabelSelector(selector)(fits)).toBe(true);
    expect(parseLabelSelector(selector)(fitsNot)).toBe(false);
  });

  test('what is none is a 400', () => {
    expect(() => parseLabelSelector('a b')).toThrow(
      "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    );
  });

  test('as an object', () => {
    const selector = {
      matchLabels: { a: '1' },
      matchExpressions: [
        { key: 'b', operator: 'NotIn', values: ['x'] },
        { key: 'c', operator: 'DoesNotExist' },
      ],
    };
    expect(matchesLabelSelector(selector, { a: '1' })).toBe(true);
    expect(matchesLabelSelector(selector, { a: '1', b: 'x' })).toBe(false);
    expect(matchesLabelSelector(selector, { a: '1', c: '' })).toBe(false);
    expect(matchesLabelSelector({}, {})).toBe(true);
  });
});
