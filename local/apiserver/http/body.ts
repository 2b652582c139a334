import type { IncomingMessage } from 'node:http';
import { parse, parseDocument } from 'yaml';
import { JsonSyntaxError, parseJson } from '../go-json.ts';
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const MAX_SHOWN = 30;

/** The beginning of a body for an error: text where it looks like JSON, else bytes. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const isLong = bytes.length > MAX_SHOWN;
  const start = bytes.subarray(0, MAX_SHOWN);
  if (bytes[0] === 0x7b) return `${start.toString('utf8')}${isLong ? ' ...' : ''}`;
  return `${start.toString('hex')}${isLong ? ' ...' : ''}`;
}

function parseAs(yaml: boolean, bytes: Buffer, kind: string, strictErrors: string[]): unknown {
  const text = bytes.toString('utf8');
  try {
    if (yaml) return parse(text) as unknown;
    const { value, duplicates } = parseJson(text);
    strictErrors.push(...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`));
    return value;
  } catch (error: unknown) {
    const problem = `${yaml ? 'yaml' : 'json'} parse error: ${messageOf(error)}`;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ${problem} (${summary(bytes)})`,
    );
  }
}

/** Reads and parses a body up to 3 MB (JSON, YAML or protobuf by its content type); undefined where it is empty. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  return bytes.length === 0 ? undefined : parseBody(contentTypeOf(request), bytes, 'object', []);
}

/** The same for an object of `kind`, which must be there. What only a strict reader minds is added to `strictErrors`. */
export async function readObject(request: IncomingMessage, kind: string, strictErrors: string[]): Promise<unknown> {
  return parseBody(contentTypeOf(request), await readBytes(request), kind, strictErrors);
}

function parseBody(type: string, bytes: Buffer, kind: string, strictErrors: string[]): unknown {
  if (type === PROTOBUF) return decodeProtobuf(bytes);
  const yaml = type.endsWith('yaml');
  if (!yaml && !type.endsWith('json')) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  return parseAs(yaml, bytes, kind, strictErrors);
}

/**
 * Reads a JSON patch, merge patch or strategic merge patch. Where it is no JSON: 400 with what is wrong after `prefix`, or with only the
 * prefix where that is a sentence of its own.
 */
export async function readPatch(request: IncomingMessage, prefix: string, strictErrors: string[]): Promise<unknown> {
  const bytes = await readBytes(request);
  try {
    const { value, duplicates } = parseJson(bytes.toString('utf8'));
    strictErrors.push(...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`));
    return value;
  } catch (error: unknown) {
    if (error instanceof JsonSyntaxError)
      throw badRequest(prefix === '' || prefix.endsWith(': ') ? `${prefix}${error.message}` : prefix);
    throw error;
  }
}

/** Reads what is applied, in YAML (and so in JSON). Null where the body is empty. */
export async function readApplied(request: IncomingMessage, strictErrors: string[]): Promise<unknown> {
  const text = (await readBytes(request)).toString('utf8');
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const reason = `yaml: line ${problem.linePos?.[0].line ?? 1}: ${problem.message.split(' at line')[0] ?? ''}`;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${reason}`);
  }
  for (const error of parseDocument(text, { uniqueKeys: true }).errors) {
    const key = text.slice(error.pos[0]).split(/[\s:]/)[0] ?? '';
    strictErrors.push(`line ${error.linePos?.[0].line ?? 1}: key ${JSON.stringify(key)} already set in map`);
  }
  return document.toJS() as unknown;
}
