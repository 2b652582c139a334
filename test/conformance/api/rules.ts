import { equal, ok } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { Json } from '../harness/client.ts';
import { CRDS, definition, install, thing, withSchema } from '../harness/definitions.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

const CHANGE_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

const text = { type: 'string', maxLength: 20 };
const integer = { type: 'integer' };
const rules = (...list: Json[]): Json => ({ 'x-kubernetes-validations': list });

const inSpec = (properties: Json, more: Json = {}): Json =>
  withSchema({ spec: { type: 'object', properties, ...more } });

const fields = {
  a: integer,
  o: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  l: { type: 'array', maxItems: 5, items: { type: 'object', properties: { a: integer } } },
};
const list = { type: 'array', maxItems: 5, items: text };
const map = { type: 'object', maxProperties: 3, additionalProperties: integer };

/** What is declared, the rule, and the value it is asked about. */
const expressions: [Json, string, Json][] = [
  [{ list }, 'self.list.exists_one(x, x == "a")', { list: ['a', 'b'] }],
  [{ list }, 'self.list.isSorted()', { list: ['b', 'a'] }],
  [{ list }, 'self.list.map(x, x + "!").all(x, x.endsWith("!"))', { list: ['b', 'a'] }],
  [{ list }, 'self.list.filter(x, x == "a").size() == 2', { list: ['b', 'a'] }],
  [{ list }, 'self.list[5] == "a"', { list: ['a'] }],
  [{ a: text }, 'self.a.matches("^[a-z]+$")', { a: 'A' }],
  [{ a: text }, 'self.?a.orValue("z") == "z"', {}],
  [{ a: text }, 'self.?a.hasValue()', {}],
  [{ a: text }, 'self.a.split("").size() == 3', { a: 'abc' }],
  [{ a: text }, 'self.a.lowerAscii() == "abc"', { a: 'ABC' }],
  [{ a: text }, 'self.a.replace("a", "b") == "bbc"', { a: 'abc' }],
  [{ a: text }, 'self.a.substring(1) == "bc"', { a: 'abc' }],
  [{ a: text }, 'isQuantity(self.a) && quantity(self.a).isGreaterThan(quantity("1"))', { a: '2Gi' }],
  [{ a: text }, 'isQuantity(self.a) || self.a == " 1"', { a: '1kk' }],
  [{ a: text }, 'quantity(self.a).isLessThan(quantity("1000e900"))', { a: '1.5e903' }],
  [{ a: text }, '!isQuantity(self.a)', { a: '+.' }],
  [{ a: text }, 'quantity(self.a).isInteger()', { a: '1kk' }],
  [{ a: text }, 'quantity(self.a) == quantity("1n")', { a: '1.0000000001n' }],
  [{ a: text }, 'url(self.a).getHost() == "a.b"', { a: 'http://a.b' }],
  [{ a: { type: 'string', enum: ['x', 'y'] } }, 'self.a != "y"', { a: 'y' }],
  [{ a: integer }, '10 / self.a == 1', { a: 0 }],
  [{ a: integer }, 'self.a in [1, 3]', { a: 2 }],
  [{ a: integer }, 'dyn(self.a) == "x"', { a: 3 }],
  [{ a: integer }, 'string(self.a) == "3"', { a: 3 }],
  [{ a: { ...integer, nullable: true } }, 'has(self.a)', { a: null }],
  [{ a: integer, b: integer }, 'self.a > self.b ? self.a == 2 : true', { a: 3, b: 1 }],
  [{ map }, 'self.map.all(k, self.map[k] > 1)', { map: { x: 1, y: 2 } }],
  [{ map }, '"x" in self.map && self.map.x == 1 && self.map.size() == 2', { map: { x: 1, y: 2 } }],
];

/** Creates an object for each spec, which must be refused. */
async function refuseAll(s: Session, things: string, specs: Json[]): Promise<void> {
  for (const [index, spec] of specs.entries())
    equal((await s.post(things, thing(s, `refused-${index}`, { spec }))).status, 422, JSON.stringify(spec));
}

/** A definition is seen to have changed by what it lets through. */
async function untilRefused(s: Session, path: string, body: Json): Promise<void> {
  const deadline = Date.now() + CHANGE_TIMEOUT_MS;
  while ((await s.unrecorded.post(path, body)).status !== 422) {
    ok(Date.now() < deadline, 'the definition was changed, but not what it lets through');
    await delay(POLL_MS);
  }
}

export const ruleCases = area('rules', {
  'of a definition compile, with the types of its schema': async (s) => {
    for (const [schema, rule] of [
      [integer, { rule: '' }],
      [integer, { rule: 'self > 1', message: ' ' }],
      [integer, { rule: 'self > 1', message: 'a\nb' }],
      [integer, { rule: 'self >\n1' }],
      [integer, { rule: 'self > 1', reason: 'Odd' }],
      [integer, { rule: 'self + 1' }],
      [integer, { rule: 'self > "a"' }],
      [integer, { rule: 'nothing > 1' }],
      [{ type: 'object', properties: { a: integer } }, { rule: 'self.b > 1' }],
      [
        { type: 'object', properties: { a: integer } },
        { rule: 'self.a > 1', fieldPath: '.b' },
      ],
      [integer, { rule: 'self > 1', messageExpression: '1' }],
      [integer, { rule: 'self > 1', messageExpression: 'nope' }],
      [integer, { rule: 'self > 1', optionalOldSelf: true }],
    ])
      equal((await s.post(CRDS, definition(s, {}, withSchema({ a: { ...schema, ...rules(rule) } })))).status, 422);
  },
  'of a definition name fields that there are, in has() too': async (s) => {
    for (const rule of ['has(self.a) && !has(self.b)', 'has(self.o.a)', 'self.l.all(x, has(x.a) || has(x.b))'])
      equal((await s.post(CRDS, definition(s, {}, inSpec(fields, rules({ rule }))))).status, 422, rule);
  },
  'with operators, macros and libraries': async (s) => {
    const tried = expressions.map(([properties, rule, value], index) => ({
      name: `e${index}`,
      properties,
      rule,
      value,
    }));
    const properties = Object.fromEntries(
      tried.map((one) => [one.name, { type: 'object', properties: one.properties, ...rules({ rule: one.rule }) }]),
    );
    const things = await install(s, definition(s, {}, inSpec(properties)));
    const spec = Object.fromEntries(tried.map(({ name, value }) => [name, value]));
    const { body } = await s.unrecorded.post(things, thing(s, 'a', { spec }));
    // Go goes through an object's fields in no order.
    const causes = body.details.causes.map((one: Json) => `${one.field}: ${one.reason}: ${one.message}`);
    s.record('causes', causes.sort());
    ok(causes.length > 5);
  },
  'of a definition compare with old values only where there are such': async (s) => {
    const grows = { ...integer, ...rules({ rule: 'self > oldSelf' }) };
    const list = { type: 'array', maxItems: 5, items: grows };
    equal((await s.post(CRDS, definition(s, {}, withSchema({ a: list })))).status, 422);
    const atomic = { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: grows } };
    equal((await s.post(CRDS, definition(s, {}, withSchema({ a: atomic })))).status, 201);
  },
  'of scalars, with messages and reasons': async (s) => {
    const version = inSpec({
      n: {
        ...integer,
        ...rules(
          { rule: 'self != 13', message: 'unlucky' },
          { rule: 'self < 100', reason: 'FieldValueForbidden', message: 'too much' },
        ),
      },
      when: { ...text, format: 'date-time', ...rules({ rule: "self > timestamp('2020-01-01T00:00:00Z')" }) },
      long: { ...text, format: 'duration', ...rules({ rule: "self < duration('1h')" }) },
      either: {
        'x-kubernetes-int-or-string': true,
        ...rules({ rule: "type(self) == string ? self.endsWith('%') : self > 0" }),
      },
      d: { type: 'number', ...rules({ rule: 'self < 1.5' }) },
    });
    const things = await install(s, definition(s, {}, version));
    await refuseAll(s, things, [
      { n: 13 },
      { n: 200 },
      { when: '2019-01-01T00:00:00Z' },
      { when: '2030-01-02 03:04:05Z' },
      { long: '2h' },
      { long: '3 days' },
      { long: '1h0' },
      { long: 'soon' },
      { either: 'x' },
      { either: 0 },
      { d: 2 },
      { n: 'x', d: 2 },
    ]);
    equal((await s.post(things, thing(s, 'fits', { spec: { n: 1, either: '5%', d: 1, long: '5m' } }))).status, 201);
  },
  'of objects, lists and maps, with a path and an expression for the message': async (s) => {
    const item = {
      type: 'object',
      required: ['k'],
      properties: { k: text, v: integer },
      ...rules({ rule: '!has(self.v) || self.v != 7', messageExpression: '"no seven for " + self.k' }),
    };
    const version = inSpec(
      {
        n: integer,
        d: { type: 'number' },
        'a-b': integer,
        list: {
          type: 'array',
          maxItems: 5,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: item,
        },
        map: { type: 'object', maxProperties: 5, additionalProperties: { ...integer, ...rules({ rule: 'self > 0' }) } },
        raises: { type: 'object', properties: { x: integer, y: integer }, ...rules({ rule: 'self.x < self.y' }) },
      },
      rules(
        { rule: '!has(self.a__dash__b) || self.a__dash__b > 0', message: 'a-b is above 0' },
        { rule: '!has(self.n) || !has(self.d) || double(self.n) > self.d', message: 'n over d', fieldPath: '.n' },
      ),
    );
    const things = await install(s, definition(s, {}, version));
    await refuseAll(s, things, [
      { list: [{ k: 'a', v: 7 }] },
      { map: { a: 0, b: 1 } },
      { raises: { x: 1 } },
      { raises: { x: 2, y: 1 } },
      { n: 1, d: 1.2 },
      { 'a-b': 0 },
    ]);
    equal((await s.post(things, thing(s, 'fits', { spec: { list: [{ k: 'a', v: 6 }], map: { a: 1 } } }))).status, 201);
  },
  'of the whole object and its status': async (s) => {
    const phase = { ...text, ...rules({ rule: "self != 'Bad'" }) };
    const version = withSchema(
      { status: { type: 'object', properties: { phase } } },
      rules({ rule: "self.metadata.name != 'forbidden'", message: 'not this name' }),
    );
    const things = await install(s, definition(s, {}, { ...version, subresources: { status: {} } }));
    equal((await s.post(things, thing(s, 'forbidden'))).status, 422);
    await s.post(things, thing(s, 'a'));
    equal((await s.patch(`${things}/a/status`, 'merge', { status: { phase: 'Bad' } })).status, 422);
    equal((await s.patch(`${things}/a/status`, 'merge', { status: { phase: 'Good' } })).status, 200);
  },
  'compare with what was there before': async (s) => {
    const version = inSpec({
      fixed: { ...text, ...rules({ rule: 'self == oldSelf', message: 'fixed is fixed' }) },
      list: {
        type: 'array',
        maxItems: 5,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: {
          type: 'object',
          required: ['k'],
          properties: { k: text, v: { ...integer, ...rules({ rule: 'self >= oldSelf', message: 'only up' }) } },
        },
      },
      once: {
        ...text,
        ...rules({
          rule: "oldSelf.hasValue() ? self == oldSelf.value() : self.startsWith('a')",
          optionalOldSelf: true,
        }),
      },
    });
    const things = await install(s, definition(s, {}, version));
    await refuseAll(s, things, [{ once: 'b' }]);
    const spec = { fixed: 'a', list: [{ k: 'a', v: 3 }, { k: 'b' }], once: 'ab' };
    equal((await s.post(things, thing(s, 'a', { spec }))).status, 201);
    for (const [change, code] of [
      [{ fixed: 'b' }, 422],
      [{ once: 'ac' }, 422],
      [
        {
          list: [
            { k: 'b', v: 1 },
            { k: 'a', v: 2 },
          ],
        },
        422,
      ],
      [
        {
          list: [
            { k: 'b', v: 1 },
            { k: 'a', v: 4 },
          ],
        },
        200,
      ],
      [{ fixed: null }, 200],
      [{ fixed: 'c' }, 200],
    ] as const)
      equal((await s.patch(`${things}/a`, 'merge', { spec: change })).status, code, JSON.stringify(change));
  },
  'and limits that are new do not hold for what stays as it was': async (s) => {
    const crd = definition(s, {}, inSpec({ a: text, b: text, n: integer }));
    const things = await install(s, crd);
    await s.post(things, thing(s, 'old', { spec: { a: 'too long', n: 1 } }));
    const spec = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties';
    await s.unrecorded.patch(`${CRDS}/${crd.metadata.name}`, 'json', [
      { op: 'replace', path: `${spec}/a/maxLength`, value: 3 },
      { op: 'add', path: `${spec}/n/x-kubernetes-validations`, value: [{ rule: 'self > 5', message: 'over 5' }] },
    ]);
    await untilRefused(s, `${things}?dryRun=All`, thing(s, 'probe', { spec: { a: 'too long' } }));
    equal((await s.patch(`${things}/old`, 'merge', { spec: { b: 'y' } })).status, 200);
    equal((await s.patch(`${things}/old`, 'merge', { spec: { a: 'also long' } })).status, 422);
    equal((await s.patch(`${things}/old`, 'merge', { spec: { n: 2 } })).status, 422);
  },
  'say of what was stored with another type that it has not theirs, until it is put right': async (s) => {
    const n = { type: 'string', maxLength: 10 };
    const crd = definition(s, {}, inSpec({ a: text, n, o: { type: 'object', properties: { n, m: integer } } }));
    const things = await install(s, crd);
    await s.post(things, thing(s, 'old', { spec: { n: 'x', o: { n: 'x' } } }));
    const spec = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties';
    const ruled = { ...integer, ...rules({ rule: 'self > 1' }, { rule: 'self > oldSelf' }) };
    const object = {
      type: 'object',
      properties: { n: integer, m: integer },
      ...rules({ rule: '!has(self.m) || self.m > 1' }),
    };
    await s.unrecorded.patch(`${CRDS}/${crd.metadata.name}`, 'json', [
      { op: 'replace', path: `${spec}/n`, value: ruled },
      { op: 'replace', path: `${spec}/o`, value: object },
    ]);
    await untilRefused(s, `${things}?dryRun=All`, thing(s, 'probe', { spec: { n: 'x' } }));
    for (const [change, code] of [
      [{ a: 'b' }, 422],
      [{ n: 'y' }, 422],
      [{ n: 2 }, 422],
      [{ n: null }, 200],
      [{ o: { m: 1 } }, 422],
      [{ o: { m: 2 } }, 200],
      [{ n: 2 }, 200],
    ] as const)
      equal((await s.patch(`${things}/old`, 'merge', { spec: change })).status, code, JSON.stringify(change));
  },
});
