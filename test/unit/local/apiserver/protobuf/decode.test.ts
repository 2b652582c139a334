import { describe, expect, test } from '@jest/globals';
import { decodeProtobuf } from '../../../../../local/apiserver/protobuf/decode.ts';

/** A length-delimited field, as protobuf writes it. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function envelope(kind: string, raw: Buffer): Buffer {
  const typeMeta = Buffer.concat([field(1, 'v1'), field(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, raw)]);
}

const entry = (key: string, value: string): Buffer => Buffer.concat([field(1, key), field(2, value)]);

describe('protobuf bodies', () => {
  test('a ConfigMap, its empty strings absent', () => {
    const metadata = Buffer.concat([field(1, 'name'), field(2, ''), field(11, entry('label', 'x'))]);
    const raw = Buffer.concat([
      field(1, metadata),
      field(2, entry('a', '1')),
      field(2, entry('b', '2')),
      Buffer.from([4 << 3, 1]),
    ]);
    expect(decodeProtobuf(envelope('ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'name', labels: { label: 'x' } },
      data: { a: '1', b: '2' },
      immutable: true,
    });
  });

  test("a Secret's bytes become base64, a grace period of zero stays", () => {
    expect(decodeProtobuf(envelope('Secret', field(2, entry('a', 'x'))))).toMatchObject({ data: { a: 'eA==' } });
    expect(decodeProtobuf(envelope('DeleteOptions', Buffer.from([1 << 3, 0])))).toMatchObject({
      gracePeriodSeconds: 0,
    });
  });

  test('other kinds are 415, what is cut off is 400', () => {
    expect(() => decodeProtobuf(envelope('Pod', Buffer.alloc(0)))).toThrow('Pod is not accepted as protobuf');
    expect(() => decodeProtobuf(Buffer.from('other'))).toThrow('does not begin with the prefix');
    expect(() => decodeProtobuf(envelope('Secret', field(1, 'x')).subarray(0, -1))).toThrow('cut off or malformed');
  });
});
