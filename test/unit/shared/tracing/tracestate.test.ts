import { describe, expect, test } from '@jest/globals';

import { readTracestate } from '../../../../shared/tracing/tracestate.ts';
import { fc } from '../../../support/property.ts';

describe('a tracestate', () => {
  test.each([
    ['one member', 'rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
    ['two, with white space and empty members between', ' rojo=1 ,\t,, congo=2,', 'rojo=1,congo=2'],
    ['a tenant', '1a-*/_@sys*=v', '1a-*/_@sys*=v'],
    ['a value with spaces inside', 'a= x y', 'a= x y'],
    ['the longest key', `${'k'.repeat(256)}=v`, `${'k'.repeat(256)}=v`],
    ['the longest value', `k=${'v'.repeat(256)}`, `k=${'v'.repeat(256)}`],
  ])('with %s is read', (_what, text, expected) => {
    expect(readTracestate(text)).toBe(expected);
  });

  test.each([
    ['of another type', 7],
    ['that is empty', ''],
    ['of commas', ',,'],
    ['without a value', 'a='],
    ['without a key', '=1'],
    ['with a key in capitals', 'Rojo=1'],
    ['with a key that begins with a digit', '1a=1'],
    ['with a key that is too long', `${'k'.repeat(257)}=v`],
    ['with a value that is too long', `k=${'v'.repeat(257)}`],
    ['with two equals signs', 'a=1=2'],
    ['with a line break', 'a=1\nb=2'],
    ['with other white space around', 'a=1,\u00a0b=2'],
    ['with an emoji', 'a=\u{1f600}'],
    ['with a key twice', 'a=1,b=2,a=3'],
    ['of a megabyte', `a=1,${' '.repeat(1 << 20)}`],
  ])('%s is none', (_what, value) => {
    expect(readTracestate(value)).toBeUndefined();
  });

  test('that is too long loses whole members: long ones first, then those at the end', () => {
    const long = `long=${'x'.repeat(200)}`;
    const short = Array.from({ length: 9 }, (_, index) => `k${index}=${'x'.repeat(45)}`);
    expect(readTracestate([short[0], long, ...short.slice(1)].join(','))).toBe(short.join(','));
    const many = Array.from({ length: 20 }, (_, index) => `key${index}=${'x'.repeat(40)}`);
    expect(readTracestate(many.join(','))).toBe(many.slice(0, 11).join(','));
  });

  test('has at most 32 members', () => {
    const members = Array.from({ length: 40 }, (_, index) => `k${index}=1`);
    expect(readTracestate(members.join(','))).toBe(members.slice(0, 32).join(','));
  });

  const member = fc
    .tuple(fc.stringMatching(/^[a-z][a-z0-9_*/-]{0,20}$/), fc.stringMatching(/^[\x21-\x2b\x2d-\x3c\x3e-\x7e]{1,200}$/))
    .map(([key, value]) => `${key}=${value}`);
  const list = fc.uniqueArray(member, { selector: (text) => text.split('=')[0], minLength: 1, maxLength: 60 });

  test('keeps whole members in their order, within the limits, and is valid again', () => {
    fc.assert(
      fc.property(list, (members) => {
        const read = readTracestate(members.join(' , '));
        const kept = read?.split(',') ?? [];
        expect(read?.length ?? 0).toBeLessThanOrEqual(512);
        expect(kept.length).toBeLessThanOrEqual(32);
        expect(members.filter((one) => kept.includes(one))).toEqual(kept);
        expect(readTracestate(read)).toBe(read);
      }),
    );
  });

  test('makes nothing throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 2000 }), fc.anything()), (value) => {
        const read = readTracestate(value);
        expect(read === undefined || read.length <= 512).toBe(true);
      }),
    );
  });
});
