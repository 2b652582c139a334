import { ApiError } from '../../shared/kubernetes/errors.ts';

/** 400 bad request, 403 forbidden, 405 not allowed, 413 too large, 415 unknown type, 422 invalid. */
const REFUSALS = [400, 403, 405, 413, 415, 422];

/** Who has no right, or none yet: an API server that starts does not know its roles for a moment. */
const NO_RIGHT = / is forbidden: User ".*" cannot /;

/**
 * The API server says no, and will say so again: the run can't go on. Conflicts, 401, 404, 429, 5xx, a missing right and a used-up quota
 * pass, and so do broken connections: trying again may help.
 */
export function isRefused(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || !REFUSALS.includes(error.status)) return false;
  return !error.message.includes('exceeded quota') && !NO_RIGHT.test(error.message);
}
