import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../identity/user.ts';
import type { JsonObject } from '../object.ts';
import type { FieldValidation, WriteRequest } from '../registry/api.ts';
import { forbiddenField, invalid, invalidObject, notSupported, required, tooLong } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { goQuoted } from '../go-text.ts';
import type { StatusError } from '../status.ts';

const MAX_MANAGER_LENGTH = 128;

function refuse(kind: string, parameter: string, value: unknown, supported: string[]): StatusError {
  return invalidObject({ group: 'meta.k8s.io', kind }, '', [notSupported(parameter, value, supported)]);
}

const optionKinds: Record<string, string> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

function fieldValidationOf(query: URLSearchParams, kind: string): FieldValidation {
  const given = query.get('fieldValidation') ?? '';
  if (given === '') return 'Warn';
  if (given === 'Strict' || given === 'Warn' || given === 'Ignore') return given;
  throw refuse(kind, 'fieldValidation', given, ['', 'Ignore', 'Strict', 'Warn']);
}

function dryRunOf(query: URLSearchParams, kind: string): boolean {
  const given = query.getAll('dryRun');
  if (given.some((value) => value !== 'All')) throw refuse(kind, 'dryRun', given, ['All']);
  return given.length > 0;
}

/** The name of a writer that gives none: its program, the user agent up to the first slash. */
function managerOf(request: IncomingMessage, fieldManager: string): string {
  const [program = ''] = (request.headers['user-agent'] ?? '').split('/');
  return (fieldManager || program || 'unknown').slice(0, MAX_MANAGER_LENGTH);
}

function checkManager(kind: string, fieldManager: string): void {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > MAX_MANAGER_LENGTH) errors.push(tooLong('fieldManager', MAX_MANAGER_LENGTH));
  const at = [...fieldManager].findIndex((character) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character));
  if (at >= 0) {
    const code = ([...fieldManager][at]?.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const problem = `invalid character U+${code} (at position ${at})`;
    errors.push({
      ...invalid('fieldManager', '', problem),
      message: `Invalid value: ${goQuoted(fieldManager)}: ${problem}`,
    });
  }
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors);
}

/** Reads the query parameters that all writes have; 422 where one has a value it can't have. */
export function readWriteRequest(request: IncomingMessage, query: URLSearchParams, user: UserInfo): WriteRequest {
  const kind = optionKinds[request.method ?? ''] ?? 'GetOptions';
  const dryRun = dryRunOf(query, kind);
  const fieldManager = query.get('fieldManager') ?? '';
  checkManager(kind, fieldManager);
  const given =
    request.method === 'DELETE'
      ? []
      : ['fieldManager', 'fieldValidation'].flatMap((name) => (query.get(name) ? [[name, query.get(name)]] : []));
  return {
    user,
    manager: managerOf(request, fieldManager),
    dryRun,
    force: query.get('force') === 'true' || query.get('force') === '1',
    fieldValidation: fieldValidationOf(query, kind),
    givenOptions: { ...(dryRun ? { dryRun: ['All'] } : {}), ...(Object.fromEntries(given) as JsonObject) },
    strictErrors: [],
    warnings: [],
  };
}

/** Checks what only an apply must have, and only an apply may have; 422 where it is otherwise. */
export function checkPatchOptions(query: URLSearchParams, isApply: boolean): void {
  const errors: FieldError[] = [];
  if (isApply && !query.get('fieldManager')) errors.push(required('fieldManager', 'is required for apply patch'));
  if (!isApply && query.has('force')) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', errors);
}

/** A deletion may say dryRun in its body, too. */
export function readDeleteDryRun(body: JsonObject, write: WriteRequest): void {
  const given = body['dryRun'];
  if (!Array.isArray(given) || given.length === 0) return;
  if (given.some((value) => value !== 'All')) throw refuse('DeleteOptions', 'dryRun', given, ['All']);
  write.dryRun = true;
  write.givenOptions = { ...write.givenOptions, dryRun: ['All'] };
}

/** What webhooks are shown of a deletion's options: those of the body, or else of the query. */
export function showDeleteOptions(body: JsonObject, query: URLSearchParams, write: WriteRequest): void {
  const { kind: _kind, apiVersion: _apiVersion, ...given } = body;
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const asked = {
    ...(grace ? { gracePeriodSeconds: Number(grace) } : {}),
    ...(policy ? { propagationPolicy: policy } : {}),
  };
  write.givenOptions = { ...write.givenOptions, ...(Object.keys(given).length > 0 ? given : asked) };
}
