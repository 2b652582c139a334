import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { badRequest, StatusError, unsupportedMediaType } from '../status.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024;

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (sizeBytes > MAX_BODY_BYTES) {
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The media type without its parameters; JSON where none is given, as in Kubernetes. */
export function contentTypeOf(request: IncomingMessage): string {
  const given = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  return given === '' ? 'application/json' : given;
}

function parseAs(yaml: boolean, text: string): unknown {
  try {
    return yaml ? (parse(text) as unknown) : (JSON.parse(text) as unknown);
  } catch (error: unknown) {
    throw badRequest(
      `the object provided is unrecognized: couldn't get version/kind; ${yaml ? 'yaml' : 'json'} parse error: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Reads and parses a body up to 3 MB (JSON or YAML by its content type); undefined where it is empty. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = contentTypeOf(request);
  const text = await readText(request);
  if (text.trim() === '') return undefined;
  const yaml = type.endsWith('yaml');
  if (!yaml && !type.endsWith('json')) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    );
  }
  return parseAs(yaml, text);
}
