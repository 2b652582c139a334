import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const compress = promisify(gzip);
/** Shorter answers fit one packet. */
const MIN_BYTES = 1024;
/** Rows of a trace repeat so much that a better level saves little and costs three times the time. */
const LEVEL = constants.Z_BEST_SPEED;

/** Answers with JSON, compressed where the client takes it. */
export async function sendJson(request: Request, response: Response, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  response.type('application/json').vary('Accept-Encoding');
  if (text.length < MIN_BYTES || request.acceptsEncodings('gzip') !== 'gzip') {
    response.send(text);
    return;
  }
  const body = await compress(text, { level: LEVEL });
  response.set('Content-Encoding', 'gzip').send(body);
}
