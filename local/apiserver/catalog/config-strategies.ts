import { forbiddenField, invalid, required, tooLong } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { parseJson } from '../go-json.ts';
import { jsonKind } from '../go-text.ts';
import { isObject, sameJson } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { checkDataKeys } from './data-keys.ts';
import type { Strategy } from './resource-type.ts';

const MAX_BYTES = 1024 * 1024;
const IMMUTABLE = 'field is immutable when `immutable` is set';

function part(object: KubeObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

const textBytes = (value: unknown): number => Buffer.byteLength(String(value));
const base64Bytes = (value: unknown): number => Buffer.from(String(value), 'base64').length;

function totalBytes(data: JsonObject, bytesOf: (value: unknown) => number): number {
  return Object.values(data).reduce<number>((sum, value) => sum + bytesOf(value), 0);
}

/** What can't change in an immutable object: the mark, and these fields. */
function checkImmutable(object: KubeObject, old: KubeObject, fields: string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  return [
    ...(object['immutable'] === true ? [] : [forbiddenField('immutable', IMMUTABLE)]),
    ...fields.flatMap((field) =>
      sameJson(part(object, field), part(old, field)) ? [] : [forbiddenField(field, IMMUTABLE)],
    ),
  ];
}

export const configMapStrategy: Strategy = {
  validate(object) {
    const data = part(object, 'data');
    const binaryData = part(object, 'binaryData');
    const twice = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
    const bytes = totalBytes(data, textBytes) + totalBytes(binaryData, base64Bytes);
    return [
      ...checkDataKeys(data, 'data'),
      ...twice.map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
      ...checkDataKeys(binaryData, 'binaryData'),
      // The whole object is meant.
      ...(bytes > MAX_BYTES ? [tooLong('[]', MAX_BYTES)] : []),
    ];
  },
  isValidatedAnew: true,
  validateUpdate: (object, old, content) => [...checkImmutable(object, old, ['data', 'binaryData']), ...content],
};

/** What a Secret of a known type needs: all of the keys, or (basic-auth) one of them. */
const neededKeys: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/basic-auth': ['username', 'password'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';

/** Registry credentials must be JSON. The error does not show them. */
function checkJson(data: JsonObject, key: string): FieldError[] {
  const refuse = (problem: string): FieldError[] => [invalid(`data[${key}]`, '<secret contents redacted>', problem)];
  try {
    const { value } = parseJson(Buffer.from(String(data[key]), 'base64').toString('utf8'));
    const fits = value === null || isObject(value);
    return fits
      ? []
      : refuse(`json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`);
  } catch (error: unknown) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Go's error for a certificate or key that is not PEM. The content is not checked. */
function tlsWarnings(object: KubeObject): string[] {
  if (object['type'] !== 'kubernetes.io/tls') return [];
  const data = part(object, 'data');
  const isPem = (key: string): boolean =>
    Buffer.from(typeof data[key] === 'string' ? data[key] : '', 'base64')
      .toString('latin1')
      .includes('-----BEGIN ');
  if (!isPem('tls.crt')) return ['tls: failed to find any PEM data in certificate input'];
  return isPem('tls.key') ? [] : ['tls: failed to find any PEM data in key input'];
}

function checkType(object: KubeObject, data: JsonObject): FieldError[] {
  const type = String(object['type']);
  if (type === 'kubernetes.io/service-account-token')
    return object.metadata.annotations?.[ACCOUNT_NAME] ? [] : [required(`metadata.annotations[${ACCOUNT_NAME}]`)];
  const needed = neededKeys[type] ?? [];
  const missing = needed.filter((key) => !Object.hasOwn(data, key));
  if (type === 'kubernetes.io/basic-auth' && missing.length < needed.length) return [];
  if (missing.length > 0) return missing.map((key) => required(`data[${key}]`));
  return type.startsWith('kubernetes.io/dockerc') ? needed.flatMap((key) => checkJson(data, key)) : [];
}

/** Secrets are stored as base64 in `data`; `stringData` is write-only. */
export const secretStrategy: Strategy = {
  applyDefaults(object) {
    object['type'] ??= 'Opaque';
    const plain = object['stringData'];
    if (!isObject(plain)) return;
    const data = { ...part(object, 'data') };
    for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(String(value)).toString('base64');
    object['data'] = data;
    delete object['stringData'];
  },
  validate(object) {
    const data = part(object, 'data');
    return [
      ...checkDataKeys(data, 'data'),
      ...(totalBytes(data, base64Bytes) > MAX_BYTES ? [tooLong('data', MAX_BYTES)] : []),
      ...checkType(object, data),
    ];
  },
  isValidatedAnew: true,
  warnings: tlsWarnings,
  validateUpdate: (object, old, content) => [
    ...(object['type'] === old['type'] ? [] : [invalid('type', object['type'], 'field is immutable')]),
    ...checkImmutable(object, old, ['data']),
    ...content,
  ],
};
