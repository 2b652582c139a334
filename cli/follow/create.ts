import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { resourcePath } from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { CommandError } from '../errors.ts';

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** Which resource a kind is, as the API server's discovery has it. Throws CommandError when it serves no such kind. */
async function discover(client: KubeClient, object: KubeObject): Promise<Resource> {
  const { apiVersion = '', kind = '' } = object;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  let list: ResourceList;
  try {
    list = await client.request<ResourceList>('GET', path);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      throw new CommandError(`${describe(object)}: the cluster does not serve ${apiVersion}`);
    throw error;
  }
  const found = list.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (!found) throw new CommandError(`${describe(object)}: ${apiVersion} has no kind ${kind}`);
  return { group: group ?? '', version: version ?? '', plural: found.name, kind, namespaced: found.namespaced };
}

function describe(object: KubeObject): string {
  return `${object.kind} ${object.metadata.name ?? object.metadata.generateName ?? '(no name)'}`;
}

/** The server's message without what repeats the object's name. */
function refusal(error: ApiError): string {
  const causes = error.details?.causes?.map((cause) => `${cause.field}: ${cause.message}`) ?? [];
  return causes.length > 0 ? causes.join('\n  ') : error.message.replace(/^\w+ \S+: \d+ /, '');
}

/**
 * Creates the object in its namespace, else in `namespace`; unknown fields are refused. Returns what the API server stored,
 * or with `dryRun` would have stored.
 * Throws CommandError (exit 2) when the server does not accept it.
 */
export async function createObject<T extends KubeObject>(
  client: KubeClient,
  object: KubeObject,
  namespace: string,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<T> {
  const resource = await discover(client, object);
  const path = resourcePath(resource, resource.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {});
  try {
    return await client.request<T>('POST', path, {
      body: object,
      query: { fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined },
    });
  } catch (error) {
    if (error instanceof ApiError && error.status < 500 && error.status !== 401 && error.status !== 403)
      throw new CommandError(`${describe(object)} was not accepted:\n  ${refusal(error)}`);
    throw error;
  }
}
