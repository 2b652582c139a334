import { describe, expect, test } from '@jest/globals';

import { checkRules } from '../../../../../local/apiserver/crd/rules/check.ts';
import { validateRules } from '../../../../../local/apiserver/crd/rules/evaluate.ts';
import type { FieldError } from '../../../../../local/apiserver/field-errors.ts';
import type { Schema, ValidationRule } from '../../../../../local/apiserver/schema/schema.ts';

const ruled = (schema: Schema, ...rules: ValidationRule[]): Schema => ({
  ...schema,
  'x-kubernetes-validations': rules,
});
const inSpec = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties } },
});
const lines = (errors: FieldError[]): string[] => errors.map(({ field, message }) => `${field}: ${message}`);
const broken = (schema: Schema, object: object, old?: object): string[] =>
  lines(validateRules(schema, object, old, []).errors);

describe('rules', () => {
  const item = ruled(
    { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer' } } },
    { rule: '!has(self.v) || self.v < 5', messageExpression: "'too much in ' + self.k" },
  );
  const list: Schema = {
    type: 'array',
    items: item,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
  };

  test('hold for every item, field and value of a map, at its path', () => {
    const positive = ruled(
      { type: 'integer' },
      { rule: 'self > 0', reason: 'FieldValueForbidden', message: 'be positive' },
    );
    const schema = inSpec({ list, map: { type: 'object', additionalProperties: positive }, n: positive });
    const spec = { list: [{ k: 'a', v: 5 }, { k: 'b', v: 4 }, { k: 'c' }], map: { x: 1, y: 0 }, n: -1 };
    expect(broken(schema, { spec })).toEqual([
      'spec.list[0]: Invalid value: too much in a',
      'spec.map[y]: Forbidden: be positive',
      'spec.n: Forbidden: be positive',
    ]);
  });

  test.each([
    [{ type: 'string', format: 'date-time' }, "self > timestamp('2020-01-01T00:00:00Z')", '2019-01-01T00:00:00Z'],
    [{ type: 'string', format: 'duration' }, "self < duration('1h')", '2h'],
    [{ type: 'string', format: 'duration' }, "self < duration('72h')", '3 days'],
    [{ type: 'string', format: 'duration' }, "self < duration('1h')", '1h0'],
    [{ type: 'string', format: 'byte' }, "self == b'a'", 'Yg=='],
    [{ type: 'number' }, 'self < 1.5', 2],
    [{ 'x-kubernetes-int-or-string': true }, "type(self) == string ? self.endsWith('%') : self > 0", 'x'],
    [{ type: 'object', properties: { 'a-b': { type: 'integer' } } }, 'self.a__dash__b == 1', { 'a-b': 2 }],
  ] as [Schema, string, unknown][])('see %j in %s', (schema, rule, value) => {
    expect(checkRules(inSpec({ f: ruled(schema, { rule }) }), 'schema', true)).toEqual([]);
    const [line = ''] = broken(inSpec({ f: ruled(schema, { rule }) }), { spec: { f: value } });
    expect(line).toContain(`failed rule: ${rule}`);
  });

  test('compare with what the same item was before', () => {
    const grows = ruled({ type: 'integer' }, { rule: 'self >= oldSelf', message: 'only up' });
    const schema = inSpec({
      list: { ...list, items: { type: 'object', properties: { k: { type: 'string' }, v: grows } } },
    });
    const of = (...items: object[]): object => ({ spec: { list: items } });
    const old = of({ k: 'a', v: 3 }, { k: 'b', v: 1 });
    expect(broken(schema, of({ k: 'b', v: 2 }, { k: 'a', v: 2 }, { k: 'c', v: 0 }), old)).toEqual([
      'spec.list[1].v: Invalid value: 2: only up',
    ]);
  });

  test('do not hold for what stays as it was, which is told', () => {
    const schema = inSpec({ n: ruled({ type: 'integer' }, { rule: 'self > 5', message: 'over 5' }) });
    const old = { spec: { n: 1 } };
    expect(validateRules(schema, { spec: { n: 1 } }, old, [])).toMatchObject({
      errors: [],
      warnings: ['spec.n: Invalid value: 1: over 5'],
    });
    expect(broken(schema, { spec: { n: 2 } }, old)).toEqual(['spec.n: Invalid value: 2: over 5']);
  });

  test('are not looked at in an object whose types are wrong', () => {
    const schema = inSpec({ n: ruled({ type: 'integer' }, { rule: 'self > 5' }) });
    const wrong: FieldError = { reason: 'FieldValueTypeInvalid', field: 'spec.n', message: 'x' };
    const [line = ''] = lines(validateRules(schema, { spec: { n: 'x' } }, undefined, [wrong]).errors);
    expect(line).toContain('some validation rules were not checked');
  });

  test('that fail, or take too long, refuse the object', () => {
    const missing = inSpec({
      f: ruled({ type: 'object', properties: { a: { type: 'integer' } } }, { rule: 'self.a > 1' }),
    });
    expect(broken(missing, { spec: { f: {} } })).toEqual([
      'spec.f: Invalid value: "object": no such key: a evaluating rule: self.a > 1',
    ]);
    const endless = 'self.all(a, self.all(b, self.all(c, a + b + c != 1)))';
    const schema = inSpec({ l: ruled({ type: 'array', items: { type: 'integer' } }, { rule: endless }) });
    const [line = ''] = broken(schema, { spec: { l: Array.from({ length: 2000 }, () => 2) } });
    expect(line).toContain('running out of cost budget');
  });

  test('say what a stored value of another type keeps them from, and let it be put right', () => {
    const schema = inSpec({
      o: ruled(
        { type: 'object', properties: { n: ruled({ type: 'integer' }, { rule: 'self > 1' }), m: { type: 'integer' } } },
        { rule: '!has(self.m) || self.m > 1' },
      ),
    });
    const old = { spec: { o: { n: 'x' } } };
    expect(broken(schema, { spec: { o: { n: 'x', m: 2 } } }, old)).toEqual([
      'spec.o.n: Invalid value: "integer": invalid data, expected int, got string evaluating rule: self > 1',
    ]);
    expect(broken(schema, { spec: { o: { n: 2 } } }, old)).toEqual([]);
    expect(broken(schema, { spec: { o: { n: 2, m: 1 } } }, old)).toEqual([
      'spec.o: Invalid value: failed rule: !has(self.m) || self.m > 1',
    ]);
  });

  test('that do not compile are refused with the definition', () => {
    const wrong = (rule: Partial<ValidationRule>): string[] =>
      lines(checkRules(inSpec({ n: ruled({ type: 'integer' }, { rule: '', ...rule }) }), 'schema', true));
    const [at] = ['schema.properties[spec].properties[n].x-kubernetes-validations[0]'];
    expect(wrong({})).toEqual([`${at}.rule: Required value: rule is not specified`]);
    expect(wrong({ rule: 'self + 1' })[0]).toContain('cel expression must evaluate to a bool');
    expect(wrong({ rule: 'self.a > 1' })[0]).toContain('compilation failed');
    const inObject = inSpec({ o: ruled({ type: 'object', properties: {} }, { rule: '!has(self.typo)' }) });
    expect(lines(checkRules(inObject, 'schema', true))[0]).toContain("undefined field 'typo'");
    expect(wrong({ rule: 'self > 1', messageExpression: '1' })[0]).toContain(
      'messageExpression must evaluate to a string',
    );
    expect(wrong({ rule: 'self > 1', reason: 'Odd' })[0]).toContain('Unsupported value: "Odd"');
    expect(wrong({ rule: 'self > 1', optionalOldSelf: true })[0]).toContain('may not be set if oldSelf is not used');
  });
});
