import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../identity/user.ts';
import type { JsonObject } from '../object.ts';
import type { FieldValidation, WriteRequest } from '../registry/write-request.ts';
import { forbiddenField, invalid, invalidObject, notSupported, required, tooLong } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { goQuoted } from '../go-text.ts';
import { APPLY_PATCH } from '../patch/apply.ts';
import { contentTypeOf } from './body.ts';

const MAX_MANAGER_LENGTH = 128;

const optionKinds: Record<string, string> = { POST: 'CreateOptions', PUT: 'UpdateOptions', PATCH: 'PatchOptions' };

function checkDryRun(given: string[]): FieldError[] {
  return given.some((value) => value !== 'All') ? [notSupported('dryRun', given, ['All'])] : [];
}

function fieldValidationOf(given: string): FieldValidation | undefined {
  if (given === '') return 'Warn';
  return given === 'Strict' || given === 'Warn' || given === 'Ignore' ? given : undefined;
}

/** The default field manager: the user agent up to the first slash. */
function managerOf(request: IncomingMessage, fieldManager: string): string {
  const [program = ''] = (request.headers['user-agent'] ?? '').split('/');
  return (fieldManager || program || 'unknown').slice(0, MAX_MANAGER_LENGTH);
}

function checkManager(fieldManager: string): FieldError[] {
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
  return errors;
}

/** Parameters that an apply needs, and that only an apply may have. */
function checkPatch(request: IncomingMessage, query: URLSearchParams): FieldError[] {
  if (contentTypeOf(request) === APPLY_PATCH)
    return query.get('fieldManager') ? [] : [required('fieldManager', 'is required for apply patch')];
  return query.has('force') ? [forbiddenField('force', 'may not be specified for non-apply patch')] : [];
}

/** Reads the query parameters of writes; 422 for invalid values. */
export function readWriteRequest(request: IncomingMessage, query: URLSearchParams, user: UserInfo): WriteRequest {
  const kind = optionKinds[request.method ?? ''];
  const isWrite = kind !== undefined;
  const fieldManager = query.get('fieldManager') ?? '';
  const dryRun = isWrite ? query.getAll('dryRun') : [];
  const validation = query.get('fieldValidation') ?? '';
  const fieldValidation = fieldValidationOf(validation);
  if (isWrite) {
    const errors = [
      ...(kind === 'PatchOptions' ? checkPatch(request, query) : []),
      ...checkManager(fieldManager),
      ...checkDryRun(dryRun),
      ...(fieldValidation === undefined
        ? [notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn'])]
        : []),
    ];
    if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors);
  }
  const given = isWrite
    ? ['fieldManager', 'fieldValidation'].flatMap((name) => (query.get(name) ? [[name, query.get(name)]] : []))
    : [];
  return {
    user,
    manager: managerOf(request, fieldManager),
    dryRun: dryRun.length > 0,
    force: query.get('force') === 'true' || query.get('force') === '1',
    fieldValidation: fieldValidation ?? 'Warn',
    givenOptions: {
      ...(dryRun.length > 0 ? { dryRun: ['All'] } : {}),
      ...(Object.fromEntries(given) as JsonObject),
    },
    strictErrors: [],
    warnings: [],
  };
}

/** A deletion's options for webhooks, and whether it is a dry run. */
export function showDeleteOptions(options: JsonObject, write: WriteRequest): void {
  const { kind: _kind, apiVersion: _apiVersion, ...given } = options;
  const { dryRun } = given;
  write.dryRun = Array.isArray(dryRun) && dryRun.length > 0;
  write.givenOptions = given;
}
