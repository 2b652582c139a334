import { withoutOpensslPlaces } from '../runtime/openssl.ts';
import type { Status } from './types.ts';

/** Thrown when the API server answers with an error status. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly details: Status['details'];
  /** The server's message, without the request. */
  readonly answer: string;
  /** From the Retry-After header, when the server sent one. */
  readonly retryAfterMs: number | undefined;

  constructor(request: string, status: number, body: Partial<Status>, retryAfterMs?: number) {
    const answer = body.message ?? body.reason ?? 'no message';
    super(`${request}: ${status} ${answer}`);
    this.name = 'ApiError';
    this.answer = answer;
    this.status = status;
    this.reason = body.reason ?? '';
    this.details = body.details;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Thrown without a complete response: the server is unreachable, the connection broke, or the time was up. */
export class ConnectionError extends Error {
  /** Whether the server may have received and executed the request. */
  readonly sent: boolean;

  constructor(request: string, cause: unknown, sent = true) {
    const reason = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : String(cause);
    super(`${request}: ${withoutOpensslPlaces(reason ?? '')}`, { cause });
    this.name = 'ConnectionError';
    this.sent = sent;
  }
}

const has = (error: unknown, status: number): boolean => error instanceof ApiError && error.status === status;

export const isNotFound = (error: unknown): boolean => has(error, 404);
/** 409 because another client wrote meanwhile (for a create the reason is `AlreadyExists` instead). */
export const isConflict = (error: unknown): boolean =>
  has(error, 409) && (error as ApiError).reason !== 'AlreadyExists';
export const isAlreadyExists = (error: unknown): boolean =>
  has(error, 409) && (error as ApiError).reason === 'AlreadyExists';
/** 422 because a patch has another uid than the object: it was deleted and created again. */
export const isOfAnother = (error: unknown): boolean =>
  has(error, 422) && ((error as ApiError).details?.causes?.some(({ field }) => field === 'metadata.uid') ?? false);
export const isForbidden = (error: unknown): boolean => has(error, 403);
/** 410: the requested resource version is older than the server's history. */
export const isGone = (error: unknown): boolean => has(error, 410);
/** One error for two consecutive ones, with both messages. If the second is a conflict, the first alone, because a conflict loses nothing. */
export function joinErrors(first: unknown, second: unknown): unknown {
  if (isConflict(second)) return first;
  const [before, after] = [first, second].map((error) => (error instanceof Error ? error.message : String(error)));
  return new AggregateError([first, second], `${before}; and then ${after}`);
}
/** Whether the server received the request and reports that it changed nothing. */
export const isRejected = (error: unknown): boolean => error instanceof ApiError && error.status < 500;
