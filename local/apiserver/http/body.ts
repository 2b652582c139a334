import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { decodeProtobuf } from '../protobuf/decode.ts';
import { badRequest, StatusError, unsupportedMediaType } from '../status.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MAX_BODY_BYTES = 3 * 1024 * 1024;

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (sizeBytes > MAX_BODY_BYTES) {
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);
  }
  return Buffer.concat(chunks);
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

/** Reads and parses a body up to 3 MB (JSON, YAML or protobuf by its content type); undefined where it is empty. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = contentTypeOf(request);
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  if (type === PROTOBUF) return decodeProtobuf(bytes);
  const yaml = type.endsWith('yaml');
  if (!yaml && !type.endsWith('json')) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  return parseAs(yaml, bytes.toString('utf8'));
}
