import { forbiddenField, invalidObject, notSupported } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { badRequest, StatusError } from '../status.ts';
import type { Store } from './store.ts';

/** Reads a resourceVersion parameter; undefined if absent. `refuse` makes the error for an invalid one (default 500). */
export function parseRevision(
  text: string | null,
  refuse = (problem: string): StatusError => new StatusError(500, '', problem),
): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw refuse(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`);
}

/**
 * Checks the resourceVersion of a get: 504 for a future one; 500 for an invalid one, or 400 for types that a kube-apiserver does not cache.
 */
export function checkReadVersion(store: Store, query: URLSearchParams, isCached: boolean): void {
  const uncached = (problem: string): StatusError => badRequest(`invalid resource version: ${problem}`);
  const asked = parseRevision(query.get('resourceVersion'), isCached ? undefined : uncached);
  if (asked !== undefined && asked > store.revision()) throw tooLargeVersion(asked, store.revision());
}

/** An integer parameter; undefined if absent, 400 if invalid. */
export function integerFrom(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

const MATCH = 'resourceVersionMatch';

/** 422 for a combination of list parameters that makes no sense (the API machinery's ValidateListOptions). */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get(MATCH) ?? '';
  const version = query.get('resourceVersion') ?? '';
  const errors: FieldError[] = [];
  const forbid = (problem: string): unknown => errors.push(forbiddenField(MATCH, problem));
  if (match !== '') {
    if (version === '') forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if ((query.get('continue') ?? '') !== '') forbid('resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0')
      forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (query.has('sendInitialEvents'))
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  refuse(errors);
}

/** The same for the parameters of a watch. */
export function checkWatchOptions(query: URLSearchParams): void {
  const match = query.get(MATCH) ?? '';
  const sendInitial = query.has('sendInitialEvents');
  const errors: FieldError[] = [];
  const forbid = (problem: string): unknown => errors.push(forbiddenField(MATCH, problem));
  if (sendInitial && match !== 'NotOlderThan')
    forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (match !== '') {
    if (!sendInitial) forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
    if ((query.get('continue') ?? '') !== '') forbid('resourceVersionMatch is forbidden when continue is provided');
  }
  refuse(errors);
}

/** The error for a future version. */
export function tooLargeVersion(requested: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
