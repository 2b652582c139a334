/** A parsed resource path: `/apis/GROUP/VERSION[/namespaces/NS]/RESOURCE[/NAME[/SUBRESOURCE]]`. */
export interface ResourcePath {
  group: string;
  version: string;
  namespace: string | undefined;
  resource: string;
  name: string | undefined;
  subresource: string | undefined;
  /** `/api/v1/watch/…`, the older way of asking for a watch. */
  watch: boolean;
}

const namespaceSubresources = ['status', 'finalize'];

function decoded(pathname: string): string[] | undefined {
  try {
    return decodeURIComponent(pathname).split('/').filter(Boolean);
  } catch (error: unknown) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Reads a path below /api or /apis; undefined if it is no resource path. */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const parts = decoded(pathname);
  if (parts === undefined) return undefined;
  const [root, ...rest] = parts;
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : rest.shift();
  const version = rest.shift();
  const watch = rest[0] === 'watch';
  if (watch) rest.shift();
  const [first, namespace, third] = rest;
  if (group === undefined || version === undefined || first === undefined) return undefined;
  const inNamespace = first === 'namespaces' && third !== undefined && !namespaceSubresources.includes(third);
  const [resource = '', name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  if (more.length > 0) return undefined;
  return { group, version, namespace: inNamespace ? namespace : undefined, resource, name, subresource, watch };
}
