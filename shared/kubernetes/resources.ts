/** A kind of object in the API server's paths. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const core = (plural: string, kind: string, namespaced = true): Resource => ({
  group: '',
  version: 'v1',
  plural,
  kind,
  namespaced,
});
const tekton = (plural: string, kind: string): Resource => ({
  group: 'tekton.dev',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});

export const PODS = core('pods', 'Pod');
export const CONFIGMAPS = core('configmaps', 'ConfigMap');
export const SECRETS = core('secrets', 'Secret');
export const EVENTS = core('events', 'Event');
export const PERSISTENT_VOLUME_CLAIMS = core('persistentvolumeclaims', 'PersistentVolumeClaim');
export const SERVICE_ACCOUNTS = core('serviceaccounts', 'ServiceAccount');
export const NAMESPACES = core('namespaces', 'Namespace', false);
export const NODES = core('nodes', 'Node', false);
export const TASKS = tekton('tasks', 'Task');
export const PIPELINES = tekton('pipelines', 'Pipeline');
export const TASK_RUNS = tekton('taskruns', 'TaskRun');
export const PIPELINE_RUNS = tekton('pipelineruns', 'PipelineRun');
export const CUSTOM_RUNS: Resource = { ...tekton('customruns', 'CustomRun'), version: 'v1beta1' };
export const RESOLUTION_REQUESTS: Resource = {
  group: 'resolution.tekton.dev',
  version: 'v1beta1',
  plural: 'resolutionrequests',
  kind: 'ResolutionRequest',
  namespaced: true,
};
export const LEASES: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};
export const MUTATING_WEBHOOK_CONFIGURATIONS: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
};
export interface ObjectPath {
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** The path of a collection, an object or a subresource below the API server's URL. */
export function resourcePath(resource: Resource, { namespace, name, subresource }: ObjectPath = {}): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const parts = [root];
  if (resource.namespaced && namespace !== undefined) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(resource.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/');
}

/** The resource of a path, with low cardinality: `/apis/tekton.dev/v1/namespaces/ci/taskruns/a/status` → `taskruns/status`. */
export function requestedResource(path: string): string | undefined {
  const match =
    /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+(?=\/[a-z]))?\/([a-z]+)(?:\/[^/?]+(?:\/([a-z]+))?)?/.exec(
      path,
    );
  if (!match) return undefined;
  const [, resource = '', subresource] = match;
  return subresource ? `${resource}/${subresource}` : resource;
}

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
