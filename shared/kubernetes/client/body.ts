import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

import { ApiError, ConnectionError } from '../errors.ts';
import type { Status } from '../types.ts';

/** A line of a watch has one object, and an object has at most 3 MB. */
const MAX_LINE_LENGTH = 64 * 1024 * 1024;
/** What is passed on of a line that is not complete: more than a terminal shows of a line. */
const MAX_REST_LENGTH = 4096;

/** Size of a piece, if a line may come in pieces. */
const MAX_PIECE_LENGTH = 8 * 1024 * 1024;

export interface BodyLimits {
  maxBytes: number;
  /** Longest silence in milliseconds; 0 = no limit. */
  silenceMs: number;
  signal: AbortSignal | undefined;
}

/**
 * The whole body as text. Throws the signal's reason when it aborts, else ConnectionError for a body that ends early, stops coming or is too
 * large. `request` is for messages.
 */
export async function readText(request: string, response: IncomingMessage, limits: BodyLimits): Promise<string> {
  const { maxBytes, silenceMs, signal } = limits;
  const chunks: Buffer[] = [];
  let bytes = 0;
  const silent = (): void => {
    response.destroy(new Error(`the response stopped after ${bytes} bytes: nothing came for ${silenceMs} ms`));
  };
  const timer = silenceMs > 0 ? setTimeout(silent, silenceMs) : undefined;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      timer?.refresh();
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const brokeOff = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    throw new ConnectionError(
      request,
      brokeOff ? new Error(`the response ended early, after ${bytes} bytes`, { cause: error }) : error,
    );
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The parsed JSON. Throws ConnectionError for other text: the server is not an API server. */
export function parseBody(request: string, response: IncomingMessage, text: string): unknown {
  const status = response.statusCode ?? 0;
  if (status >= 300)
    throw new ConnectionError(request, `answered ${status}, a redirect to ${response.headers.location ?? 'nowhere'}`);
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new ConnectionError(request, `the response is not JSON: ${text.slice(0, 100)}`);
  }
}

/** The ApiError of an error response, whose body is a Status object or plain text. */
export function errorFrom(request: string, response: IncomingMessage, text: string): ApiError {
  const status = response.statusCode ?? 0;
  const seconds = response.headers['retry-after'];
  const retryAfterMs = seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const isStatus = typeof body === 'object' && body !== null && !Array.isArray(body);
  return new ApiError(
    request,
    status,
    isStatus ? (body as Partial<Status>) : { message: text.slice(0, 300) },
    retryAfterMs,
  );
}

/**
 * The lines of an endless response, as they come. Only a line feed ends a line: JSON may contain U+2028, at which readline splits. With `pieces` a
 * line of more than 8 Mi characters (of a log) comes in pieces of about that length; without, a line of more than 64 Mi is an error.
 * `onRest` gets the end of what has come of a line that is not complete, such as a progress bar.
 * Throws the signal's reason when it aborts, else ConnectionError if the response ends early.
 */
export async function* readLines(
  request: string,
  response: IncomingMessage,
  signal: AbortSignal | undefined,
  { pieces = false, onRest }: { pieces?: boolean | undefined; onRest?: ((rest: string) => void) | undefined } = {},
): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let partial = '';
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const lines = decoder.write(chunk).split('\n');
      lines[0] = partial + (lines[0] ?? '');
      partial = lines.pop() ?? '';
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
      if (pieces && partial.length > MAX_PIECE_LENGTH) {
        yield partial;
        partial = '';
      }
      if (partial.length > MAX_LINE_LENGTH) throw new Error(`a line is longer than ${MAX_LINE_LENGTH} characters`);
      if (partial !== '') onRest?.(partial.slice(-MAX_REST_LENGTH));
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new ConnectionError(request, error);
  } finally {
    response.destroy();
  }
  partial += decoder.end();
  if (partial !== '') yield partial;
}
