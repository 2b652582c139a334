import { describe, expect, test } from '@jest/globals';

import { createAdmissionEnvironment } from '../../../../../local/apiserver/cel/environment.ts';
import { compileCondition } from '../../../../../local/apiserver/cel/expression.ts';
import { toCel } from '../../../../../local/apiserver/cel/values.ts';

const environment = createAdmissionEnvironment();
const object = toCel({ metadata: { labels: { a: '1' } }, spec: { replicas: 2, ratio: 0.5, names: ['b', 'a'] } });
const evaluate = (text: string, timeoutMs = 1000): unknown =>
  compileCondition(environment, text).evaluate({ object, oldObject: null, namespaceObject: null }, timeoutMs);

describe('a condition in CEL', () => {
  test.each([
    ['object.spec.replicas == 2 && object.spec.replicas < 2.5', true],
    ["object.metadata.?labels['b'].orValue('none') == 'none'", true],
    ["object.spec.names.sort() == ['a', 'b'] && object.spec.names.indexOf('a') == 1", true],
    ['has(object.spec.absent)', false],
    ['object.absent.key == 1 || true', true],
    ["quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('0.5')) == quantity('1')", true],
    ["url('https://a.dev:1/b?c=d').getHostname() == 'a.dev'", true],
  ])('%s', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  test.each([
    ['object.spec.replicas', 'must evaluate to bool but got dyn'],
    ['1', 'must evaluate to bool but got int'],
    [
      'unknown == 1',
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'unknown' (in container '')\n | unknown == 1\n | ^",
    ],
    ['true &&\n  request.unknown == 1', "undefined field 'unknown'\n |   request.unknown == 1\n | .........^"],
    ["'a'.unknown()", "undeclared reference to 'unknown' (in container '')"],
    ['object.', 'Syntax error'],
  ])('that is none: %s', (text, problem) => {
    expect(() => compileCondition(environment, text)).toThrow(problem);
  });

  test('that fails says what is missing', () => {
    expect(() => evaluate('object.spec.absent == 1')).toThrow('no such key: absent');
  });

  test.each([
    "object.text.matches('^(a+)+$')",
    'dyn(object.text).matches(object.pattern)',
    "cel.bind(text, object.text, [text].all(one, one.matches('^(a+)+$')))",
    "object.text.find('^(a+)+$') != ''",
  ])('whose regular expression is nested takes linear time: %s', (expression) => {
    const condition = compileCondition(environment, expression);
    const value = (text: string): Record<string, unknown> => ({ object: toCel({ text, pattern: '^(a+)+$' }) });
    expect(condition.evaluate(value(`${'a'.repeat(10_000)}b`), 60_000)).toBe(false);
    expect(condition.evaluate(value('aaa'), 60_000)).toBe(true);
  });

  test('with a pattern that is none fails in Go’s words', () => {
    expect(() => evaluate("'a'.matches('(')")).toThrow('error parsing regexp: missing closing ): `(`');
  });

  test.each([
    'object.list.all(a, object.list.all(b, object.list.all(c, a + b + c != 1)))',
    'object.list.exists(a, object.list.exists(b, object.list.exists(c, a + b + c == 1)))',
    'object.list.map(a, object.list.map(b, object.list.filter(c, a + b + c == 1))).size() == 0',
    'cel.bind(l, object.list, l.all(a, l.all(b, l.exists_one(c, a + b + c == 1) || true))) || true',
    'object.list.all(a, object.list.distinct().size() > 0)',
  ])('that takes for ever is stopped, and works the next time: %s', (expression) => {
    const condition = compileCondition(environment, expression);
    const list = (length: number): Record<string, unknown> => ({
      object: toCel({ list: Array.from({ length }, (_, index) => index + 2) }),
    });
    expect(() => condition.evaluate(list(5000), 20)).toThrow('cost limit exceeded');
    expect(() => condition.evaluate(list(2), 60_000)).not.toThrow();
  });
});
