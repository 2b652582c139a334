import type { JsonObject } from './object.ts';

/** A JSON syntax error with the message of Go's encoding/json. */
export class JsonSyntaxError extends Error {}

export interface ParsedJson {
  value: unknown;
  /** Paths of duplicate fields (`spec.a`, `list[0].b`); the last one counts. */
  duplicates: string[];
}

/** The maximum nesting. A kube-apiserver allows 10,000, but the YAML parser here only some 750. */
export const MAX_DEPTH = 500;

const END = 'unexpected end of JSON input';
const inToken = /numeric|literal (true|false|null)|escape/;
const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' };

/** As Go shows one byte: `'x'`. */
function shownByte(byte: number): string {
  if (byte === 0x27) return `'\\''`;
  if (byte === 0x22) return `'"'`;
  if ((byte >= 0x7f && byte <= 0xa0) || byte === 0xad) return `'\\${byte === 0x7f ? 'x' : 'u00'}${byte.toString(16)}'`;
  const text = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
  return `'${text.replace(/^\\u00([0-9a-f]{2})$/, '\\x$1')}'`;
}

/**
 * Reads JSON as a kube-apiserver does, with Go's errors and a list of duplicate fields. Each character is one byte in `latin1`. Throws a
 * JsonSyntaxError.
 */
export function parseJson(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): ParsedJson {
  const duplicates = new Set<string>();
  let at = 0;
  let depth = 0;

  const fail = (context: string): JsonSyntaxError => {
    // Go's scanner ends a text with a space, which fits between tokens and in a string.
    const character = [...text.slice(at, at + 2)][0] ?? (inToken.test(context) ? ' ' : undefined);
    const byte = character === undefined ? undefined : Buffer.from(character, encoding)[0];
    return new JsonSyntaxError(byte === undefined ? END : `invalid character ${shownByte(byte)} ${context}`);
  };
  const skipSpace = (): string | undefined => {
    while (' \t\r\n'.includes(text[at] ?? 'x')) at++;
    return text[at];
  };

  const readEscape = (): string => {
    const character = text[at] ?? '';
    const plain = escapes[character];
    if (plain !== undefined) {
      at++;
      return plain;
    }
    if (character !== 'u') throw fail('in string escape code');
    at++;
    const start = at;
    for (; at < start + 4; at++)
      if (!/[0-9a-fA-F]/.test(text[at] ?? '')) throw fail('in \\u hexadecimal character escape');
    return String.fromCharCode(Number.parseInt(text.slice(start, at), 16));
  };
  const readString = (): string => {
    let out = '';
    at++;
    for (;;) {
      const character = text[at];
      if (character === undefined || character < ' ') throw fail('in string literal');
      at++;
      if (character === '"') return out;
      out += character === '\\' ? readEscape() : character;
    }
  };

  const readDigits = (context: string): void => {
    if (!/\d/.test(text[at] ?? '')) throw fail(context);
    while (/\d/.test(text[at] ?? '')) at++;
  };
  const readNumber = (): number => {
    const start = at;
    if (text[at] === '-') at++;
    if (text[at] === '0') at++;
    else readDigits('in numeric literal');
    if (text[at] === '.') {
      at++;
      readDigits('after decimal point in numeric literal');
    }
    if (text[at] === 'e' || text[at] === 'E') {
      at++;
      if (text[at] === '+' || text[at] === '-') at++;
      readDigits('in exponent of numeric literal');
    }
    return Number(text.slice(start, at));
  };
  const readLiteral = (literal: string, value: boolean | null): boolean | null => {
    for (const [index, character] of [...literal].entries()) {
      if (text[at] !== character) throw fail(`in literal ${literal} (expecting '${literal[index] ?? ''}')`);
      at++;
    }
    return value;
  };

  const readObject = (path: string): JsonObject => {
    const out: JsonObject = {};
    at++;
    if (skipSpace() === '}') {
      at++;
      return out;
    }
    for (;;) {
      if (skipSpace() !== '"') throw fail('looking for beginning of object key string');
      const key = readString();
      if (skipSpace() !== ':') throw fail('after object key');
      at++;
      const below = path === '' ? key : `${path}.${key}`;
      if (Object.hasOwn(out, key)) duplicates.add(below);
      const value = readValue(below);
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
      const next = skipSpace();
      if (next !== ',' && next !== '}') throw fail('after object key:value pair');
      at++;
      if (next === '}') return out;
    }
  };
  const readArray = (path: string): unknown[] => {
    const out: unknown[] = [];
    at++;
    if (skipSpace() === ']') {
      at++;
      return out;
    }
    for (;;) {
      out.push(readValue(`${path}[${out.length}]`));
      const next = skipSpace();
      if (next !== ',' && next !== ']') throw fail('after array element');
      at++;
      if (next === ']') return out;
    }
  };

  const readNested = <T>(path: string, read: (path: string) => T): T => {
    if (depth >= MAX_DEPTH) throw fail('exceeded max depth');
    depth++;
    const value = read(path);
    depth--;
    return value;
  };
  const readValue = (path: string): unknown => {
    switch (skipSpace()) {
      case '{':
        return readNested(path, readObject);
      case '[':
        return readNested(path, readArray);
      case '"':
        return readString();
      case 't':
        return readLiteral('true', true);
      case 'f':
        return readLiteral('false', false);
      case 'n':
        return readLiteral('null', null);
      default:
        if (!/[-\d]/.test(text[at] ?? '')) throw fail('looking for beginning of value');
        return readNumber();
    }
  };

  const value = readValue('');
  if (skipSpace() !== undefined) throw fail('after top-level value');
  return { value, duplicates: [...duplicates] };
}

/** Whether the nesting exceeds the maximum. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const nested = level.filter((one): one is object => typeof one === 'object' && one !== null);
    if (depth >= MAX_DEPTH && nested.length > 0) return true;
    level = nested.flatMap((one): unknown[] => Object.values(one));
  }
  return false;
}

const ESCAPED = /[<>&\u2028\u2029]/g;

/** A value as Go writes JSON: characters special in HTML or JavaScript are escaped. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(ESCAPED, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
