import type { ServerResponse } from 'node:http';
import type { Logger } from '../../../shared/runtime/log.ts';
import { internalError, PageNotFound, statusBody, StatusError } from '../status.ts';

export function sendJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  contentType = 'application/json',
): void {
  const text = JSON.stringify(body);
  response.writeHead(code, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  });
  response.end(`${text}`);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  });
  response.end(text);
}

const MAX_WARNINGS_LENGTH = 4096;
const MAX_LONG_WARNING_LENGTH = 256;

/** Each warning cut to 256 characters, up to 4096 in all. */
function shortened(warnings: string[]): string[] {
  let length = 0;
  return warnings
    .map((text) => [...text].slice(0, MAX_LONG_WARNING_LENGTH))
    .filter((text) => {
      const fits = length < MAX_WARNINGS_LENGTH;
      length += text.length;
      return fits;
    })
    .map((text) => text.join(''));
}

/**
 * Adds warnings, which kubectl prints as `Warning: …`: each text once, none with control characters, cut if they are too long together
 * (k8s.io/apiserver, WithWarningRecorder).
 */
export function addWarnings(response: ServerResponse, warnings: string[]): void {
  const texts = [...new Set(warnings)].filter((text) => text !== '' && !/\p{Cc}/u.test(text));
  const length = texts.reduce((sum, text) => sum + [...text].length, 0);
  const shown = length > MAX_WARNINGS_LENGTH ? shortened(texts) : texts;
  if (shown.length === 0) return;
  // Headers are bytes: Node takes them as Latin-1.
  const quoted = shown.map((text) => `299 - "${text.replaceAll(/["\\]/g, '\\$&')}"`);
  response.setHeader(
    'warning',
    quoted.map((header) => Buffer.from(header).toString('latin1')),
  );
}

/** Answers with a Status; other errors are faults of this server: logged, and sent without their stack. */
export function sendError(response: ServerResponse, error: unknown, log: Logger): void {
  if (response.headersSent) {
    // The client is gone.
    if (!response.destroyed) log.warn('answer cut off', { error });
    response.destroy();
    return;
  }
  if (error instanceof PageNotFound) return sendText(response, 404, `${error.message}\n`);
  const known =
    error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : String(error));
  if (!(error instanceof StatusError))
    log.error('request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const { retryAfterSeconds } = known.details ?? {};
  if (typeof retryAfterSeconds === 'number') response.setHeader('retry-after', String(retryAfterSeconds));
  sendJson(response, known.code, statusBody(known));
}
