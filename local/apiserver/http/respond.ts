import type { ServerResponse } from 'node:http';
import type { Logger } from '../../../shared/runtime/log.ts';
import { internalError, statusBody, StatusError } from '../status.ts';

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
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Adds what the user should know, in the form that kubectl prints as `Warning: …`. */
export function addWarnings(response: ServerResponse, warnings: string[]): void {
  if (warnings.length === 0) return;
  const shown = [...new Set(warnings)].map((warning) => `299 - ${JSON.stringify(warning.replaceAll(/[\r\n]+/g, ' '))}`);
  response.setHeader('warning', shown);
}

/** Answers with a Status; what is no StatusError is a fault of this server: logged, and told without its stack. */
export function sendError(response: ServerResponse, error: unknown, log: Logger): void {
  if (response.headersSent) {
    // A client that went away is no news.
    if (!response.destroyed) log.warn('answer cut off', { error });
    response.destroy();
    return;
  }
  const known =
    error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : String(error));
  if (!(error instanceof StatusError))
    log.error('request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  sendJson(response, known.code, statusBody(known));
}
