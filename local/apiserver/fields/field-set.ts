/**
 * A set of field paths, as a tree. An element of a path is written as in `fieldsV1`: `f:name` for a field, `k:{"name":"x"}` for an item
 * by its keys, `v:"x"` for an item by its value. A node may be a member itself, have members below it, or both.
 */
export interface FieldSet {
  members: Set<string>;
  children: Map<string, FieldSet>;
}

export type Path = readonly string[];

export function emptySet(): FieldSet {
  return { members: new Set(), children: new Map() };
}

export function isEmpty(set: FieldSet): boolean {
  return set.members.size === 0 && [...set.children.values()].every(isEmpty);
}

/** Adds a path, in place. */
export function insert(set: FieldSet, path: Path): void {
  let node = set;
  for (const [index, element] of path.entries()) {
    if (index === path.length - 1) {
      node.members.add(element);
      return;
    }
    const below = node.children.get(element) ?? emptySet();
    node.children.set(element, below);
    node = below;
  }
}

export function setOf(...paths: Path[]): FieldSet {
  const set = emptySet();
  for (const path of paths) insert(set, path);
  return set;
}

export function has(set: FieldSet, path: Path): boolean {
  const [element, ...rest] = path;
  if (element === undefined) return false;
  if (rest.length === 0) return set.members.has(element);
  const below = set.children.get(element);
  return below !== undefined && has(below, rest);
}

/** What is below one element. */
export function below(set: FieldSet, element: string): FieldSet {
  return set.children.get(element) ?? emptySet();
}

/** Combines two trees; `members` decides about each node's members, empty branches are left out. */
function combine(
  a: FieldSet,
  b: FieldSet,
  members: (a: Set<string>, b: Set<string>) => Iterable<string>,
  branch: (a: FieldSet | undefined, b: FieldSet | undefined, element: string) => FieldSet | undefined,
): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const element of new Set([...a.children.keys(), ...b.children.keys()])) {
    const joined = branch(a.children.get(element), b.children.get(element), element);
    if (joined !== undefined && !isEmpty(joined)) children.set(element, joined);
  }
  return { members: new Set(members(a.members, b.members)), children };
}

function without(a: Set<string>, b: Set<string>): string[] {
  return [...a].filter((one) => !b.has(one));
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(
    a,
    b,
    (left, right) => [...left, ...right],
    (left, right) => (left === undefined || right === undefined ? (left ?? right) : union(left, right)),
  );
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(
    a,
    b,
    (left, right) => [...left].filter((one) => right.has(one)),
    (left, right) => (left === undefined || right === undefined ? undefined : intersection(left, right)),
  );
}

/** `a` without the members of `b`; what is below a member of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, without, (left, right) =>
    left === undefined || right === undefined ? left : difference(left, right),
  );
}

/** `a` without the members of `b` and all that is below them. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, without, (left, right, element) =>
    b.members.has(element)
      ? undefined
      : left === undefined || right === undefined
        ? left
        : recursiveDifference(left, right),
  );
}

/** Fields, then items by keys, then items by value: the order in which Kubernetes writes them. */
export function sortedElements(elements: Iterable<string>): string[] {
  const rank = (element: string): number => 'fkv'.indexOf(element.charAt(0));
  return [...elements].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}

/** Every member's path, in order: those of a set before those below it. */
export function paths(set: FieldSet, parent: Path = []): Path[] {
  const below = sortedElements(set.children.keys()).flatMap((element) => {
    const inner = set.children.get(element);
    return inner === undefined ? [] : paths(inner, [...parent, element]);
  });
  return [...sortedElements(set.members).map((element) => [...parent, element]), ...below];
}
