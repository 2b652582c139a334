import { parse } from 'yaml';
import { notRegistered } from '../go-text.ts';
import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';

const GROUP = 'admission.k8s.io';
const KIND = 'AdmissionReview';

export type ReviewVersion = 'v1' | 'v1beta1';

/** What a webhook decided. */
export interface ReviewAnswer {
  allowed: boolean;
  /** JSON text of a patch. */
  patch: string | undefined;
  patchType: string | undefined;
  warnings: string[];
  status: JsonObject | undefined;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return isObject(value) ? 'object' : typeof value;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextMap = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText);

/** The fields of an AdmissionResponse: its type check, and the type's name in errors. */
const fields: [string, (value: unknown) => boolean, string][] = [
  ['uid', isText, 'types.UID'],
  ['allowed', (value) => typeof value === 'boolean', 'bool'],
  ['status', isObject, 'v1.Status'],
  ['patch', isText, '[]uint8'],
  ['patchType', isText, 'v1.PatchType'],
  ['auditAnnotations', isTextMap, 'map[string]string'],
  ['warnings', isTextList, '[]string'],
];

function checkFields(response: JsonObject): void {
  for (const [name, fits, type] of fields) {
    const value = response[name];
    if (value === undefined || value === null || fits(value)) continue;
    throw new Error(
      `json: cannot unmarshal ${jsonType(value)} into Go struct field AdmissionResponse.response.${name} of type ${type}`,
    );
  }
}

function parseBody(text: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A kube-apiserver reads YAML, in which any text is a string.
    parsed = parse(text, { maxAliasCount: 0 }) as unknown;
  }
  if (isObject(parsed)) return parsed;
  throw new Error(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(parsed)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  );
}

function checkKind(review: JsonObject, version: ReviewVersion): void {
  const { apiVersion = '', kind = '' } = review;
  if (apiVersion === '' || kind === '' || (apiVersion === `${GROUP}/${version}` && kind === KIND)) return;
  const known =
    apiVersion === `${GROUP}/v1` || apiVersion === `${GROUP}/v1beta1` ? KIND : apiVersion === 'v1' ? 'Status' : '';
  if (kind !== known) throw new Error(notRegistered(kind, apiVersion));
  const short = String(apiVersion).split('/').at(-1) ?? '';
  throw new Error(`converting (${short}.${known}) to (${version}.${KIND}): unknown conversion`);
}

/** A base64 text as bytes; throws if Go's decoder would. */
function decodeBase64(encoded: string): string {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(encoded);
  if (bad !== null) throw new Error(`illegal base64 data at input byte ${bad.index}`);
  if (encoded.replaceAll(/[\r\n]/g, '').length % 4 !== 0)
    throw new Error(`illegal base64 data at input byte ${encoded.length - (encoded.length % 4)}`);
  return Buffer.from(encoded, 'base64').toString('utf8');
}

/** Parses a webhook's response; throws an Error if it is no AdmissionReview. */
export function parseAnswer(text: string, version: ReviewVersion): JsonObject {
  const review = parseBody(text);
  checkKind(review, version);
  const { response } = review;
  if (response === undefined || response === null) return review;
  if (!isObject(response))
    throw new Error(
      `json: cannot unmarshal ${jsonType(response)} into Go struct field AdmissionReview.response of type ${version}.AdmissionResponse`,
    );
  checkFields(response);
  const { patch } = response;
  return typeof patch === 'string' ? { ...review, response: { ...response, patch: decodeBase64(patch) } } : review;
}

function groupVersionKind({ apiVersion, kind }: JsonObject): string {
  return `${typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : '/'}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

function checkPatch(patch: string | undefined, patchType: string | undefined, mutating: boolean): void {
  if (!mutating) {
    if (patch !== undefined) throw new Error('validating webhook may not return response.patch');
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType');
    return;
  }
  if (patch !== undefined && patchType === undefined)
    throw new Error('webhook returned response.patch but not response.patchType');
  if (patch === undefined && patchType !== undefined)
    throw new Error('webhook returned response.patchType but not response.patch');
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}

/** The decision in a parsed response. Throws an Error if it has another uid than the review (v1beta1 has none). */
export function verifyAnswer(review: JsonObject, uid: string, version: ReviewVersion, mutating: boolean): ReviewAnswer {
  const { response } = review;
  if (!isObject(response)) throw new Error('webhook response was absent');
  const text = (name: string): string | undefined => (typeof response[name] === 'string' ? response[name] : undefined);
  const patch = text('patch') === '' ? undefined : text('patch');
  let patchType = text('patchType');
  if (version === 'v1') {
    if (text('uid') !== uid)
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(text('uid') ?? '')}`);
    const expected = `${GROUP}/v1, Kind=${KIND}`;
    const actual = groupVersionKind(review);
    if (actual !== expected) throw new Error(`expected webhook response of ${expected}, got ${actual}`);
    checkPatch(patch, patchType, mutating);
  } else patchType = mutating && patch !== undefined ? 'JSONPatch' : undefined;
  return {
    allowed: response['allowed'] === true,
    patch: version === 'v1beta1' && !mutating ? undefined : patch,
    patchType,
    warnings: Array.isArray(response['warnings']) ? (response['warnings'] as string[]) : [],
    status: isObject(response['status']) ? response['status'] : undefined,
  };
}
