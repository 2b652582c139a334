/** Paths of the Pod → directories of this machine, without a mount namespace (`plain`). */
export type PathMap = Record<string, string>;

/** The map for the entrypoint as JSON; the step does not get it. */
export const PATH_MAP_VARIABLE = 'TEKTRACE_PATH_MAP';

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Replaces each mapped path in `text`, longest first, if it is a complete path: not the tail of a longer path (`./workspace`,
 * `$(pwd)/workspace`) nor as the head of a longer name (`/workspaces`). One pass, so that a replacement is never replaced.
 */
export function mapPaths(text: string, map: PathMap): string {
  const paths = Object.keys(map).sort((a, b) => b.length - a.length);
  if (paths.length === 0) return text;
  const pattern = new RegExp(`(?<=^|://|[^\\w./)}\\]*~-])(?:${paths.map(escape).join('|')})(?![\\w-]|\\.\\w)`, 'gm');
  return text.replace(pattern, (path) => map[path] ?? path);
}

/** The path on this machine of a path in the Pod. */
export function mapPath(path: string, map: PathMap): string {
  const best = Object.keys(map)
    .filter((prefix) => path === prefix || path.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
  return best === undefined ? path : (map[best] ?? '') + path.slice(best.length);
}
