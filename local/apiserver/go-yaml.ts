import { LineCounter, parseDocument } from 'yaml';
import type { DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';
import { resolveNodes, TOO_DEEP } from './go-yaml-nodes.ts';

/** A YAML syntax error. */
export class YamlSyntaxError extends Error {}

export interface ParsedYaml {
  value: unknown;
  /** Errors of a strict reader for duplicate keys; the last one counts. */
  duplicates: string[];
}

/** Characters that must not be in a text. */
// eslint-disable-next-line no-control-regex -- these are what it is for
export const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** YAML 1.1 as Go's reader has it: `yes` is true, but times and numbers with colons stay text. */
export const goYamlOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  customTags: (tags) =>
    tags.filter(
      (tag) =>
        typeof tag === 'string' ||
        (tag.tag !== 'tag:yaml.org,2002:timestamp' && !('format' in tag && tag.format === 'TIME')),
    ),
};

function read(text: string): ParsedYaml {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...goYamlOptions, uniqueKeys: false, lineCounter });
  // The rest of the last line after a complete document is ignored.
  const end = document.contents?.range[1] ?? Number.POSITIVE_INFINITY;
  const problem = document.errors.find(({ code, pos }) => code !== 'UNEXPECTED_TOKEN' || pos[0] < end);
  if (problem?.code === 'RESOURCE_EXHAUSTION') throw new YamlSyntaxError(`yaml: ${TOO_DEEP}`);
  if (problem !== undefined) {
    const [what = ''] = problem.message.split(' at line');
    throw new YamlSyntaxError(`yaml: line ${problem.linePos?.[0].line ?? 1}: ${what}`);
  }
  const duplicates = resolveNodes(document.contents, lineCounter);
  return { value: document.toJS() as unknown, duplicates };
}

/** Reads one YAML document. Throws a YamlSyntaxError. */
export function parseYaml(text: string): ParsedYaml {
  if (CONTROL.test(text)) throw new YamlSyntaxError('yaml: control characters are not allowed');
  try {
    return read(text);
  } catch (error: unknown) {
    if (error instanceof YamlSyntaxError) throw error;
    throw new YamlSyntaxError(`yaml: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The same as one sentence, the end of a strict reader's error. */
export const duplicateKeysText = (duplicates: string[]): string =>
  `yaml: unmarshal errors:\n${duplicates.map((one) => `  ${one}`).join('\n')}`;
