/** How a field takes references: `string` only strings, `list` also whole arrays as elements, `value` (of a param) also whole arrays and objects. */
export type FieldKind = 'string' | 'list' | 'value';

/** The fields of an object that take references; `[tree]` stands for a list of such objects, the name `*` for every name. */
export interface FieldTree {
  readonly [field: string]: FieldKind | FieldTree | readonly [FieldTree];
}

type Node = FieldTree[string] | undefined;

/** A string in an object: its path, such as `steps[0].env[1].value`, and the kind of references that its field takes, if any. */
export interface FieldString {
  path: string;
  text: string;
  kind?: FieldKind;
}

/** Fields with text for people: nothing in them is a reference. */
const PROSE: readonly string[] = ['description', 'displayName'];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function isList(node: Node): node is readonly [FieldTree] {
  return Array.isArray(node);
}

function inner(node: Node, name: string): Node {
  if (node === undefined || typeof node === 'string' || isList(node)) return node === 'value' ? 'string' : undefined;
  return Object.hasOwn(node, name) ? node[name] : node['*'];
}

/** A copy of `value` with `map` applied to the fields in `tree` (strings, lists and values). Other fields are unchanged. */
export function mapFields<T>(value: T, tree: FieldTree, map: (value: unknown, kind: FieldKind) => unknown): T {
  const visit = (part: unknown, node: Node): unknown => {
    if (node === undefined || part === undefined || part === null) return part;
    if (typeof node === 'string') return map(part, node);
    if (isList(node)) return Array.isArray(part) ? part.map((item) => visit(item, node[0])) : part;
    if (!isRecord(part) || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, item]) => [name, visit(item, inner(node, name))]));
  };
  return visit(value, tree) as T;
}

/** All strings in `value` except text for people, with their field paths below `path`. */
export function fieldStrings(value: unknown, tree: FieldTree, path = ''): FieldString[] {
  const visit = (part: unknown, node: Node, at: string): FieldString[] => {
    if (typeof part === 'string') return [{ path: at, text: part, ...(typeof node === 'string' && { kind: node }) }];
    if (Array.isArray(part)) {
      const item = isList(node) ? node[0] : node === 'value' ? 'list' : node;
      return part.flatMap((each, index) => visit(each, item, `${at}[${index}]`));
    }
    if (!isRecord(part)) return [];
    return Object.entries(part).flatMap(([name, each]) => {
      const of = inner(node, name);
      return of === undefined && PROSE.includes(name) ? [] : visit(each, of, at === '' ? name : `${at}.${name}`);
    });
  };
  return visit(value, tree, path);
}
