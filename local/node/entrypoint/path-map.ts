/** Paths of the Pod → directories of this machine, where the node has no mount namespace (`plain`). */
export type PathMap = Record<string, string>;

/** The variable that carries the map to the entrypoint as JSON; a step never sees it. */
export const PATH_MAP_VARIABLE = 'TEKTRACE_PATH_MAP';

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Replaces each mapped path in `text`, longest first, where it stands as a path of its own: not as the tail of a longer path
 * (`./workspace`, `$(pwd)/workspace`) nor as the head of a longer name (`/workspaces`). One pass, so that a replacement is never replaced.
 */
export function mapPaths(text: string, map: PathMap): string {
  const paths = Object.keys(map).sort((a, b) => b.length - a.length);
  if (paths.length === 0) return text;
  const pattern = new RegExp(`(?<=^|://|[^\\w./)}\\]*~-])(?:${paths.map(escape).join('|')})(?![\\w-]|\\.\\w)`, 'gm');
  return text.replace(pattern, (path) => map[path] ?? path);
}

/** Where one path of the Pod is on this machine. */
export function mapPath(path: string, map: PathMap): string {
  const best = Object.keys(map)
    .filter((prefix) => path === prefix || path.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
  return best === undefined ? path : (map[best] ?? '') + path.slice(best.length);
}
