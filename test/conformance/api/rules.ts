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
      { long: '2h' },
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
});
