import { isMap, isScalar, visit } from 'yaml';
import type { Document } from 'yaml';

/** Throws an Error for YAML that JSON does not have: keys that are maps or lists, infinite numbers, sets and bytes. */
function checkNodes(document: Document): void {
  visit(document, {
    Pair: (_key, pair) => {
      if (!isScalar(pair.key)) throw new Error('a key is a map or a list: only text can be a key');
    },
    Scalar: (_key, { value }) => {
      if (typeof value === 'number' && !Number.isFinite(value))
        throw new Error(`JSON has no form for the number ${value}`);
      if (value instanceof Uint8Array)
        throw new Error('!!binary is not supported: write the text in Base64 without the tag');
    },
    Collection: (_key, node) => {
      if (node.tag === 'tag:yaml.org,2002:set' || (isMap(node) && node.tag === 'tag:yaml.org,2002:omap'))
        throw new Error(`${node.tag} is not supported: write a map or a list`);
    },
  });
}
/** The document as a JSON value, with its aliases resolved. Throws an Error for values that JSON does not have. */
export function plainValue(document: Document): unknown {
  checkNodes(document);
  return document.toJS({ maxAliasCount: -1 }) as unknown;
}
