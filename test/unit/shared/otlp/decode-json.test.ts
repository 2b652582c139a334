import { describe, expect, test } from '@jest/globals';
import { decodeTracesJson, tracesFromJson } from '../../../../shared/otlp/decode-json.ts';
import { OtlpDecodeError } from '../../../../shared/otlp/errors.ts';

const span = { traceId: '0102030405060708090A0B0C0D0E0F10', spanId: 'a1a2a3a4a5a6a7a8', name: 'n' };
const wrap = (value: unknown): unknown => ({ resourceSpans: [{ scopeSpans: [{ spans: [value] }] }] });
const attributes = (value: unknown): unknown => wrap({ ...span, attributes: [{ key: 'k', value }] });
const AT = 'resourceSpans[0].scopeSpans[0].spans[0]';

test('fills in what proto3 leaves out, lower-cases ids and leaves optional defaults away', () => {
  expect(
    tracesFromJson(wrap({ ...span, parentSpanId: '', traceState: '', unknownField: 1, endTimeUnixNano: 12 })),
  ).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [] },
        scopeSpans: [
          {
            scope: { attributes: [] },
            spans: [
              {
                traceId: '0102030405060708090a0b0c0d0e0f10',
                spanId: 'a1a2a3a4a5a6a7a8',
                name: 'n',
                kind: 0,
                startTimeUnixNano: '0',
                endTimeUnixNano: '12',
                attributes: [],
                events: [],
                links: [],
                status: { code: 0 },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('a normalised document is read unchanged', () => {
  const once = tracesFromJson(attributes({ kvlistValue: { values: [{ key: 'a', value: { bytesValue: 'AQI=' } }] } }));
  expect(tracesFromJson(structuredClone(once))).toEqual(once);
});

describe('a document that is not OTLP is refused with the field', () => {
  const cases: [string, unknown, string][] = [
    ['no object', [], 'must be an object, is an array'],
    ['a short trace id', wrap({ ...span, traceId: 'abc' }), `${AT}.traceId: must be 32 hex digits, is "abc"`],
    ['base64 for an id', wrap({ ...span, spanId: 'oaKjpKWmp6g=aaaa' }), `${AT}.spanId: must be 16 hex digits`],
    ['an all-zero id', wrap({ ...span, spanId: '0'.repeat(16) }), `${AT}.spanId: is all zeros`],
    ['no span id', wrap({ ...span, spanId: undefined }), `${AT}.spanId: is missing`],
    ['a bad parent', wrap({ ...span, parentSpanId: 'x' }), `${AT}.parentSpanId: must be 16 hex digits, is "x"`],
    ['a name that is no text', wrap({ ...span, name: 7 }), `${AT}.name: must be a string, is 7`],
    ['an enum by name', wrap({ ...span, kind: 'SPAN_KIND_SERVER' }), `${AT}.kind: must be an integer from 0`],
    ['a time before 1970', wrap({ ...span, startTimeUnixNano: '-1' }), `${AT}.startTimeUnixNano: must be an integer`],
    [
      'a number past 64 bits',
      attributes({ intValue: '9223372036854775808' }),
      `${AT}.attributes[0].value.intValue: must`,
    ],
    ['an inexact number', attributes({ intValue: 1e17 }), `${AT}.attributes[0].value.intValue: must be an integer`],
    [
      'two values',
      attributes({ intValue: 1, stringValue: 'a' }),
      'must have one kind of value, has stringValue and intValue',
    ],
    [
      'spans that are no array',
      { resourceSpans: [{ scopeSpans: {} }] },
      'resourceSpans[0].scopeSpans: must be an array',
    ],
    ['no document', undefined, 'must be an object, is undefined'],
    ['bytes that are not base64', attributes({ bytesValue: '%' }), 'must be base64, is "%"'],
  ];
  test.each(cases)('%s', (_, document, message) => {
    expect(() => tracesFromJson(document)).toThrow(message);
    expect(() => tracesFromJson(document)).toThrow(OtlpDecodeError);
  });

  test('text that is not JSON', () => {
    expect(() => decodeTracesJson('{"resourceSpans":')).toThrow('the body is not JSON');
  });

  test('values nested beyond any use', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(5000)}${']}}'.repeat(5000)}`;
    const document = `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${deep}}]}}]}`;
    expect(() => decodeTracesJson(document)).toThrow('nests deeper than');
  });
});

test('numbers keep every digit of 64 bits', () => {
  const value = { intValue: '-9223372036854775808' };
  const [read] = tracesFromJson(attributes(value)).resourceSpans;
  expect(read?.scopeSpans[0]?.spans[0]?.attributes).toEqual([{ key: 'k', value }]);
});
