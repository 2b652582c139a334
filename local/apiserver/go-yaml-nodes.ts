import { isAlias, isCollection, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Alias, LineCounter, Pair } from 'yaml';
import { MAX_DEPTH } from './go-json.ts';

/** An error of Go's reader in a text that can be parsed, with its message. */
export class YamlNodeError extends Error {}

/** Limits of nodes, and of nodes through aliases, against attacks (go-yaml, decode.go). */
const FREE_NODES = 1000;
const FREE_ALIASED = 100;
const FEW_NODES = 400_000;
const MANY_NODES = 4_000_000;

function allowedShare(nodes: number): number {
  return 0.99 - 0.89 * Math.min(1, Math.max(0, nodes - FEW_NODES) / (MANY_NODES - FEW_NODES));
}

/** The error for too much nesting. */
export const TOO_DEEP = `exceeded max depth of ${MAX_DEPTH}`;

const shownKey = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/** `<<` merges the fields of other maps; it may occur twice. */
const isMerge = (value: unknown): boolean => typeof value === 'symbol' || value === '<<';

/**
 * Reads a document's nodes in Go's order and replaces aliases. Returns duplicate keys. Throws a YamlNodeError for unknown, recursive and
 * excessive aliases, and for too much nesting.
 */
export function resolveNodes(contents: unknown, lines: LineCounter): string[] {
  const duplicates: string[] = [];
  const anchors = new Map<string, unknown>();
  const open = new Set<Alias>();
  let nodes = 0;
  let aliased = 0;

  const target = (alias: Alias, depth: number): unknown => {
    const { source } = alias;
    if (!anchors.has(source)) throw new YamlNodeError(`unknown anchor '${source}' referenced`);
    if (open.has(alias)) throw new YamlNodeError(`anchor '${source}' value contains itself`);
    open.add(alias);
    const found = resolve(anchors.get(source), depth);
    open.delete(alias);
    return found;
  };
  const resolvePair = (pair: Pair, keys: Set<unknown>, depth: number): void => {
    pair.key = resolve(pair.key, depth);
    pair.value = resolve(pair.value, depth);
    if (!isScalar(pair.key) || isMerge(pair.key.value)) return;
    const { value } = pair.key;
    if (keys.has(value)) {
      const at = (pair.value as { range?: [number] } | null)?.range?.[0] ?? pair.key.range?.[0] ?? 0;
      duplicates.push(`line ${lines.linePos(at).line}: key ${shownKey(value)} already set in map`);
    }
    keys.add(value);
  };
  const resolve = (node: unknown, depth: number): unknown => {
    nodes++;
    if (open.size > 0) aliased++;
    if (aliased > FREE_ALIASED && nodes > FREE_NODES && aliased / nodes > allowedShare(nodes))
      throw new YamlNodeError('document contains excessive aliasing');
    if (isAlias(node)) return target(node, depth);
    // Inside an alias the anchors are those at its anchor.
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined && open.size === 0)
      anchors.set(node.anchor, node);
    if (!isMap(node) && !isSeq(node)) return node;
    if (depth >= MAX_DEPTH) throw new YamlNodeError(TOO_DEEP);
    const keys = new Set<unknown>();
    for (const [index, item] of node.items.entries())
      if (isPair(item)) resolvePair(item, keys, depth + 1);
      else node.items[index] = resolve(item, depth + 1);
    return node;
  };

  resolve(contents, 0);
  return duplicates;
}
