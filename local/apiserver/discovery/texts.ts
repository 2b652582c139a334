import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { definitions, referenceOf } from '../schema/definitions.ts';
import type { Definition } from '../schema/definitions.ts';

/** Kubernetes' descriptions of a type and its fields. */
interface Texts {
  type: string | undefined;
  fields: Map<string, string>;
}

const client = new URL('gen/models/', import.meta.resolve('@kubernetes/client-node'));
const cache = new Map<string, Texts>();

/** The generator puts each text on one line, with two spaces between paragraphs. */
function text(comment: string): string {
  return comment.replaceAll(/\\(['"\\])/g, '$1').replaceAll(/(?<=[.:)"]) {2}(?=\S)/g, '\n\n');
}

function declaration(model: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(new URL(`${model}.d.ts`, client)), 'utf8');
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(source: string): Texts {
  const fields = [...source.matchAll(/\/\*\*\n +\* (.*)\n +\*\/\n +'([^']+)'\??:/g)];
  return {
    type: /\/\*\*\n\* (.*)\n\*\/\nexport declare class/.exec(source)?.[1],
    fields: new Map(fields.map(([, comment = '', name = '']) => [name, comment])),
  };
}

/** `io.k8s.api.core.v1.Event` is CoreV1Event there, because other groups have an Event too; most are V1Pod and the like. */
function textsOf(definition: string): Texts {
  const known = cache.get(definition);
  if (known !== undefined) return known;
  const [kind = '', version = '', group = ''] = definition.split('.').reverse();
  const model = `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
  const prefix = `${group.charAt(0).toUpperCase()}${group.slice(1)}`;
  const source = declaration(`${prefix}${model}`) ?? declaration(model);
  const texts = source === undefined ? { type: undefined, fields: new Map<string, string>() } : parse(source);
  cache.set(definition, texts);
  return texts;
}

/**
 * A definition of Kubernetes with descriptions from the declarations of @kubernetes/client-node, which is generated from the same release.
 * Line breaks inside a paragraph are lost.
 */
export function described(name: string, definition: Definition): JsonObject {
  const { type, fields } = textsOf(name);
  const { properties } = definition;
  const withTexts = Object.entries(isObject(properties) ? properties : {}).map(([field, given]) => {
    const schema = given as Definition;
    const reference = referenceOf(schema);
    // The generator drops the description of a field that refers to another type: the type's description is used.
    const struct = reference === undefined || definitions[reference]?.['type'] !== 'object' ? undefined : reference;
    const own = reference === undefined || struct !== undefined ? fields.get(field) : undefined;
    const comment = own ?? (struct === undefined ? undefined : textsOf(struct).type);
    return [field, comment === undefined ? schema : { description: text(comment), ...schema }];
  });
  return {
    ...(type === undefined ? {} : { description: text(type) }),
    ...definition,
    ...(isObject(properties) ? { properties: Object.fromEntries(withTexts) as JsonObject } : {}),
  };
}
