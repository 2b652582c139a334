import { LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';

import { resolveNodes } from '../../local/apiserver/go-yaml-nodes.ts';
import { CONTROL, goYamlOptions } from '../../local/apiserver/go-yaml.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { CommandError } from '../errors.ts';
import { printable } from '../waterfall/display-width.ts';
import { checkTokens } from './check-tokens.ts';
import { inputFiles } from './input-files.ts';
import { separateJson } from './json-stream.ts';
import { plainValue } from './plain-value.ts';
import { readText, shownName } from './read-text.ts';

/** An object from a file. */
export interface Manifest {
  object: KubeObject;
  /** For messages: `run.yaml:12`, with the number of the document where there are several. */
  where: string;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `GROUP/VERSION`, or the version alone. Both get into the path of a request. */
const API_VERSION = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function asObject(value: unknown, where: string): KubeObject {
  if (!isMap(value)) {
    const found = Array.isArray(value) ? 'a list' : value === null ? 'nothing' : `a ${typeof value}`;
    throw new CommandError(`${where}: expected a Kubernetes object (apiVersion, kind, metadata), found ${found}`);
  }
  for (const field of ['apiVersion', 'kind'])
    if (typeof value[field] !== 'string' || value[field] === '')
      throw new CommandError(`${where}: ${field} is ${value[field] === undefined ? 'missing' : 'not text'}`);
  if (!API_VERSION.test(String(value['apiVersion'])))
    throw new CommandError(
      `${where}: apiVersion is ${printable(JSON.stringify(value['apiVersion']))}, not a group and a version such as tekton.dev/v1`,
    );
  return value as unknown as KubeObject;
}

/** `List`, or a typed list such as `ConfigMapList` from older servers: an object with items. */
function objectsIn(value: unknown, where: string): Manifest[] {
  const object = asObject(value, where);
  const { kind = '', metadata } = object;
  const { items } = object as { items?: unknown };
  if (kind.endsWith('List') && items !== undefined) {
    if (!Array.isArray(items)) throw new CommandError(`${where}: ${kind}: items is not a list`);
    return items.flatMap((item, index) => objectsIn(item, `${where}: items[${index}]`));
  }
  if (!isMap(metadata))
    throw new CommandError(`${where}: metadata is ${metadata === undefined ? 'missing' : 'not a map of fields'}`);
  for (const field of ['name', 'generateName', 'namespace'] as const)
    if (metadata[field] !== undefined && metadata[field] !== null && typeof metadata[field] !== 'string')
      throw new CommandError(
        `${where}: metadata.${field} is ${JSON.stringify(metadata[field])} to YAML, not text: put it into quotes`,
      );
  return [{ object, where }];
}

/** The parser's message without its second half, which repeats the place. */
function problemText(message: string): string {
  // Nesting by indentation alone is found by the parser first.
  if (message.startsWith('Maximum call stack size')) return 'lists and maps are nested too deep';
  return printable(message.split(' at line ')[0] ?? message);
}

function valueOf(document: Document.Parsed, lines: LineCounter, name: string): unknown {
  const [problem] = document.errors;
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new CommandError(`${name}:${line}:${col}: this is not YAML: ${problemText(problem.message)}`);
  }
  const { line } = lines.linePos(document.contents?.range[0] ?? document.range[0]);
  let duplicates: string[];
  let value: unknown;
  try {
    duplicates = resolveNodes(document.contents, lines);
    value = plainValue(document);
  } catch (error) {
    // Unknown or too many aliases, too deep nesting, or values that JSON does not have.
    throw new CommandError(
      `${name}:${line}: this can’t be read: ${problemText(error instanceof Error ? error.message : String(error))}`,
    );
  }
  const [duplicate] = duplicates;
  if (duplicate !== undefined) {
    const [, at, key] = /^line (\d+): key (.*) already set in map$/s.exec(duplicate) ?? [];
    throw new CommandError(`${name}:${at}: the key ${key} is duplicated`);
  }
  return value;
}

function checkCharacters(text: string, name: string): void {
  const at = text.search(CONTROL);
  if (at === -1) return;
  const code = text.charCodeAt(at).toString(16).padStart(4, '0').toUpperCase();
  const line = text.slice(0, at).split('\n').length;
  throw new CommandError(`${name}:${line}: contains the control character U+${code}, which YAML does not allow`);
}

/** The objects in one text. Throws CommandError with file and line. */
export function parseManifests(source: string, name: string): Manifest[] {
  const text = separateJson(source);
  checkCharacters(text, name);
  checkTokens(text, name);
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    ...goYamlOptions,
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
  });
  const documents = 'empty' in parsed ? [] : parsed;
  return documents.flatMap((document, index) => {
    const value = valueOf(document, lines, name);
    if (value === null) return [];
    const { line } = lines.linePos(document.contents?.range[0] ?? 0);
    return objectsIn(value, `${name}:${line}${documents.length > 1 ? ` (document ${index + 1})` : ''}`);
  });
}

/**
 * The objects in the files of `-f` (see inputFiles), in their order: YAML as kubectl reads it, or JSON, with several documents and Lists.
 * Throws CommandError with file, line and number of the document.
 */
export async function readManifests(values: readonly string[], isRecursive = false): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  const files = await inputFiles(values, isRecursive);
  for (const file of files) manifests.push(...parseManifests(await readText(file), shownName(file)));
  if (manifests.length === 0)
    throw new CommandError(
      `${files.map(shownName).join(', ')}: ${files.length === 1 ? 'contains' : 'contain'} no object`,
    );
  return manifests;
}
