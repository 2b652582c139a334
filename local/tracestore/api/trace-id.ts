import { HttpError } from './http-error.ts';

/** Of what was sent instead of an id, this much is repeated. */
const MAX_REPEATED = 64;

/** Trace ids as Jaeger takes them: up to 32 hex digits, leading zeros may be left out. */
export function parseTraceId(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text))
    throw new HttpError(400, `a trace id is up to 32 hex digits, not ${JSON.stringify(text.slice(0, MAX_REPEATED))}`);
  return text.toLowerCase().padStart(32, '0');
}
