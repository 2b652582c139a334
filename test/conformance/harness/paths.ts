/** Where the resources are that cases name by their plural only; all others are in the core group. */
const groups: Record<string, string> = {
  pipelineruns: 'tekton.dev/v1',
  taskruns: 'tekton.dev/v1',
  leases: 'coordination.k8s.io/v1',
  widgets: 'example.dev/v1',
};

/** The path of `configmaps/a/status?x=y` in a namespace; one that starts with a slash stays as it is. */
export function resourcePathIn(namespace: string, path: string): string {
  if (path.startsWith('/')) return path;
  const resource = /^[a-z]+/.exec(path)?.[0] ?? '';
  const group = groups[resource];
  return `${group === undefined ? '/api/v1' : `/apis/${group}`}/namespaces/${namespace}/${path}`;
}
