import { isIP } from 'node:net';

import type { Json } from './client.ts';

/** What differs from server to server and from second to second, in any text, so that no client can count on it. */
const variable: [RegExp, string][] = [
  // Where a server listens.
  [/https:\/\/127\.0\.0\.1:\d+/g, 'https://127.0.0.1:PORT'],
  // When something was done; whether a time has microseconds does show.
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, 'MICROTIME'],
  // What a generated name ends with.
  [/\b(gen-|Upper-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1RANDOM'],
  // Versions in sentences and in JSON inside of them; those of objects are compared by their order, see below.
  [/(resource version: )\d+( \()\d+/gi, '$1VERSION$2VERSION'],
  [/(Too large resource version: )\d+(, current: )\d+/g, '$1VERSION$2VERSION'],
  [/(ResourceVersion in (?:the )?(?:precondition|record|object meta):? ?\(?)\d+/g, '$1VERSION'],
  [/(ResourceVersion in precondition: )\d+/g, '$1VERSION'],
  [/\b(resourceVersion=)[1-9]\d+/g, '$1VERSION'],
  // Where a list goes on; what the token leads to is compared.
  [/\b(continue=)eyJ[\w-]+/g, '$1TOKEN'],
  [/(\\"resourceVersion\\":\\")\d+/g, '$1VERSION'],
  // What changed, shown as a Go struct with memory addresses.
  [/\n@@ [^]*?(?=\]?$)/, ''],
  // The servers' certificates.
  [/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=HASH'],
  [/-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----\n?/g, 'CERTIFICATE'],
  // The administrators' names are the servers' own.
  [/\bkubernetes-admin\b/g, 'admin'],
];

/** How long ago, in a cell of a table; elsewhere such a text is a quantity or a timeout. */
const age = /^(\d+[smhd])+$/;

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What a column of a table means is documentation: Kubernetes' sentences are not copied, and kubectl does not show them. */
function isColumn(value: Json): boolean {
  return 'priority' in value && 'format' in value;
}

function isList(value: Json): boolean {
  return Array.isArray(value.items) || value.items === null || value.kind === 'Table' || value.type === 'BOOKMARK';
}

function objectVersions(value: Json, found: Set<number>): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && !isList(value)) {
    const version = Number(value.metadata?.resourceVersion);
    if (version > 0) found.add(version);
  }
  for (const one of Object.values(value)) objectVersions(one, found);
}

const FIRST_NODE_PORT = 30_000;

/** Which address a Service is given is chance; whether it has one is not. */
function allotted(key: string, value: string): boolean {
  return (key === 'clusterIP' || key === 'clusterIPs') && isIP(value) !== 0;
}

/** Entries of one second are in the order of their names, others in that of their times: which it is depends on the second. */
function managedOrder(a: Json, b: Json): number {
  const key = (entry: Json): string => JSON.stringify([entry.manager, entry.operation, entry.subresource]);
  return key(a) < key(b) ? -1 : 1;
}

/**
 * A recording fit for a comparison with another server's: uids are numbered as they appear; versions of objects by their order, so that
 * it shows which are equal and which came first; versions of lists, times, random suffixes, ports and certificates are named.
 */
export function normalize(recording: Json): Json {
  const versions = new Set<number>();
  objectVersions(recording, versions);
  const order = [...versions].sort((a, b) => a - b);
  const uids = new Map<string, string>();
  const numbered = (uid: string): string => {
    if (!uids.has(uid)) uids.set(uid, `UID-${uids.size + 1}`);
    return uids.get(uid) ?? '';
  };
  const text = (value: string): string =>
    variable.reduce((result, [pattern, word]) => result.replace(pattern, word), value.replace(uuid, numbered));
  const metadata = (value: Json, list: boolean): Json => {
    const result = walk(value, '');
    if (value.resourceVersion !== undefined && value.resourceVersion !== '')
      result.resourceVersion = list ? 'LIST' : `VERSION-${order.indexOf(Number(value.resourceVersion)) + 1}`;
    if (value.continue) result.continue = 'CONTINUE';
    if (Array.isArray(value.managedFields)) result.managedFields = result.managedFields.sort(managedOrder);
    return result;
  };
  const walk = (value: Json, key: string): Json => {
    if (key === 'cells' && age.test(value)) return 'AGE';
    if (typeof value === 'string')
      return key === 'caBundle' ? 'BUNDLE' : allotted(key, value) ? 'ADDRESS' : text(value);
    if (key === 'nodePort' && typeof value === 'number' && value >= FIRST_NODE_PORT) return 'NODE-PORT';
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => walk(one, key));
    const list = isList(value) || key === 'BOOKMARK';
    // In one order, so that uids have the same numbers.
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      entries
        .filter(([name]) => !(isColumn(value) && name === 'description'))
        .map(([name, one]: [string, Json]) => {
          if (name === 'metadata' && typeof one === 'object' && one !== null) return [name, metadata(one, list)];
          return [text(name), walk(one, value.type === 'BOOKMARK' && name === 'object' ? 'BOOKMARK' : name)];
        }),
    );
  };
  return walk(recording, '');
}

/** Where two normalized values differ: `path: mine ≠ other`, at most `limit` lines. */
export function differences(mine: Json, other: Json, path = '', limit = 12): string[] {
  const shown = (value: Json): string => (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 400);
  if (Object.is(mine, other)) return [];
  const nested =
    typeof mine === 'object' &&
    typeof other === 'object' &&
    mine !== null &&
    other !== null &&
    Array.isArray(mine) === Array.isArray(other);
  if (!nested) return [`${path}: ${shown(mine)} ≠ ${shown(other)}`];
  const keys = new Set([...Object.keys(mine), ...Object.keys(other)]);
  return [...keys].flatMap((key) => differences(mine[key], other[key], `${path}/${key}`, limit)).slice(0, limit);
}
