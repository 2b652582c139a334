import type { Json } from '../../../integration/apiserver/support/client.ts';

const replacements: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/(?<=in record \()\d+/g, '<version>'],
  [/: current time <time> is (before|after) <time>/g, ''],
  // A parser words its errors by its grammar.
  [/(?<=Syntax error: ).*/g, '<what>'],
  [/(?<=run-)[a-z0-9]{5}\b/g, '<suffix>'],
];

/** Differ between servers by nature: who asks, and which version of the store an object has. */
const left = new Set(['userInfo', 'resourceVersion', 'selfLink']);

/** A copy in which what two servers can't have in common has a name in its place. */
export function normalised(value: unknown): Json {
  if (typeof value === 'string')
    return replacements.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), value);
  if (Array.isArray(value)) return value.map((item) => normalised(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !left.has(name))
      .map(([name, item]) => [name, normalised(item)]),
  );
}
