import { ApiError } from '../../shared/kubernetes/errors.ts';

/** 400 bad request, 403 forbidden, 405 not allowed, 413 too large, 415 unknown type, 422 invalid. */
const REFUSALS = [400, 403, 405, 413, 415, 422];

/** A missing right, perhaps only for a moment: a starting API server does not know its roles yet. */
const NO_RIGHT = / is forbidden: User ".*" cannot /;

/**
 * Whether the API server's refusal is final, so that the run can't continue. After conflicts, 401, 404, 429, 5xx, a missing right, an exceeded
 * quota and broken connections a retry may help.
 */
export function isRefused(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || !REFUSALS.includes(error.status)) return false;
  return !error.message.includes('exceeded quota') && !NO_RIGHT.test(error.message);
}
