import type { IncomingMessage } from 'node:http';
import type { ResourceType } from '../catalog/resource-type.ts';
import { JsonSyntaxError, parseJson, writeJson } from '../go-json.ts';
import { parseYaml, YamlSyntaxError } from '../go-yaml.ts';
import { isObject, textAt, withSortedKeys } from '../object.ts';
import { typeMetaProblem } from '../schema/type-meta.ts';
import { decodeProtobuf } from '../protobuf/decode.ts';
import type { WriteRequest } from '../registry/write-request.ts';
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

/** The media type without its parameters; JSON by default, as in Kubernetes. */
export function contentTypeOf(request: IncomingMessage): string {
  const given = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  return given === '' ? 'application/json' : given;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const MAX_SHOWN = 30;

/** The beginning of a body for an error: text if it resembles JSON, else bytes. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const isLong = bytes.length > MAX_SHOWN;
  const start = bytes.subarray(0, MAX_SHOWN);
  if (bytes[0] === 0x7b) return `${start.toString('utf8')}${isLong ? ' ...' : ''}`;
  return `${start.toString('hex')}${isLong ? ' ...' : ''}`;
}

/** A body without a readable kind. */
function unrecognized(kind: string, problem: string, bytes: Buffer): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${summary(bytes)})`);
}

function parseAs(yaml: boolean, bytes: Buffer, kind: string, strictErrors: string[]): unknown {
  const text = bytes.toString('utf8');
  try {
    if (yaml) {
      const parsed = parseYaml(text);
      strictErrors.push(...parsed.duplicates);
      // It is converted to JSON, with sorted keys.
      return withSortedKeys(parsed.value);
    }
    const { value, duplicates } = parseJson(text);
    strictErrors.push(...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`));
    return value;
  } catch (error: unknown) {
    const where = yaml ? '' : "couldn't get version/kind; json parse error: ";
    throw unrecognized(kind, where + messageOf(error), bytes);
  }
}

/** The first check of a body: it is an object, with a kind if it is a custom resource. */
function identified(
  value: unknown,
  bytes: Buffer,
  { kind, version, builtIn }: ResourceType,
  { isLax, isYaml }: { isLax: boolean; isYaml: boolean },
): unknown {
  const problem = typeMetaProblem(value);
  if (problem !== undefined) throw unrecognized(kind, `couldn't get version/kind; json parse error: ${problem}`, bytes);
  const object = value ?? {};
  const apiVersion = textAt(object, 'apiVersion');
  if (apiVersion.split('/').length > 2)
    throw unrecognized(kind, `unexpected GroupVersion string: ${apiVersion}`, bytes);
  if (!builtIn && isObject(object) && object['apiVersion'] === null && object['kind']) {
    const problem = '.apiVersion accessor error: <nil> is of the type <nil>, expected string';
    throw badRequest(`${textAt(object, 'kind')} in version "" cannot be handled as a ${kind}: ${problem}`);
  }
  if (!builtIn && isObject(object) && (object['kind'] ?? '') === '') {
    const missing = (shown: string): string => `Object 'Kind' is missing in '${shown}'`;
    if (!isLax) throw unrecognized(kind, missing(bytes.toString('utf8')), bytes);
    // Without strict reading, only the converted JSON counts.
    const shown = isYaml ? writeJson(object) : bytes.toString('utf8');
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${missing(shown)}`);
  }
  return object;
}

/** Reads and parses a body up to 3 MB (JSON, YAML or protobuf by its content type); undefined if it is empty. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  return bytes.length === 0 ? undefined : parseBody(contentTypeOf(request), bytes, 'object', []);
}

/** Reads the options of a deletion, JSON or YAML; undefined if the body is empty. 400 in the words of a decoder that knows its type. */
export async function readDeleteOptions(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  if (contentTypeOf(request) !== 'application/json') return parseBody(contentTypeOf(request), bytes, 'object', []);
  const refuse = (problem: string): StatusError =>
    badRequest(`couldn't get version/kind; json parse error: ${problem}`);
  let value: unknown;
  try {
    ({ value } = parseJson(bytes.toString('utf8')));
  } catch (error: unknown) {
    throw refuse(messageOf(error));
  }
  const problem = typeMetaProblem(value);
  if (problem !== undefined) throw refuse(problem);
  return value;
}

/** Reads and parses an object of `type`, which must be there. Errors of strict reading are added to the write's `strictErrors`. */
export async function readObject(
  request: IncomingMessage,
  type: ResourceType,
  { strictErrors, fieldValidation }: WriteRequest,
): Promise<unknown> {
  const bytes = await readBytes(request);
  const contentType = contentTypeOf(request);
  const value = parseBody(contentType, bytes, type.kind, strictErrors);
  return identified(value, bytes, type, { isLax: fieldValidation === 'Ignore', isYaml: contentType.endsWith('yaml') });
}

/** 415 for an unsupported content type. */
export function checkContentType(type: string): void {
  if (type !== PROTOBUF && !type.endsWith('yaml') && !type.endsWith('json')) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
}

function parseBody(type: string, bytes: Buffer, kind: string, strictErrors: string[]): unknown {
  checkContentType(type);
  if (type === PROTOBUF) return decodeProtobuf(bytes);
  return parseAs(type.endsWith('yaml'), bytes, kind, strictErrors);
}

/**
 * Reads a JSON patch, merge patch or strategic merge patch. 400 if it is no JSON, with the error after `prefix`, or with only `prefix` if
 * that is a sentence.
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

/** Reads what is applied, in YAML (and so in JSON). Null if the body is empty. */
export async function readApplied(request: IncomingMessage, strictErrors: string[]): Promise<unknown> {
  const text = (await readBytes(request)).toString('utf8');
  try {
    const { value, duplicates } = parseYaml(text);
    strictErrors.push(...duplicates);
    return value;
  } catch (error: unknown) {
    if (error instanceof YamlSyntaxError)
      throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}
