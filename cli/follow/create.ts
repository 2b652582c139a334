import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError, isAlreadyExists } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { CommandError } from '../errors.ts';
import { printable } from '../waterfall/display-width.ts';
import { describe } from './describe.ts';
import { unknownFieldLines } from './unknown-fields.ts';

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

export interface CreateOptions {
  /** Only a dry run: the API server stores nothing. */
  dryRun?: boolean;
  /** The object's place in a file (`run.yaml:3`), for messages. */
  where?: string;
  /** Patch an existing object of that name (merge patch) instead of refusing. */
  patchExisting?: boolean;
}

/** Thrown for an object of a kind that the cluster does not serve. */
export class UnservedKindError extends CommandError {}

/** `, only tekton.dev/v1`: the versions of a group that the cluster serves; empty if it does not serve the group. */
async function servedVersions(client: KubeClient, group: string): Promise<string> {
  if (group === '') return '';
  const { versions = [] } = await client
    .request<{ versions?: { groupVersion: string }[] }>('GET', `/apis/${group}`)
    .catch(() => ({ versions: [] }));
  return versions.length > 0 ? `, only ${versions.map(({ groupVersion }) => groupVersion).join(', ')}` : '';
}

/** The resource of a kind, from the API server's discovery. Throws UnservedKindError if it does not serve the kind. */
async function discover(client: KubeClient, object: KubeObject, described: string): Promise<Resource> {
  const { apiVersion = '', kind = '' } = object;
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  let list: ResourceList;
  try {
    list = await client.request<ResourceList>('GET', path);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      throw new UnservedKindError(
        `${described}: the cluster does not serve ${apiVersion}${await servedVersions(client, group)}`,
      );
    throw error;
  }
  const served = list.resources.filter((resource) => !resource.name.includes('/'));
  const found = served.find((resource) => resource.kind === kind);
  if (!found) {
    const kinds = served.map((resource) => resource.kind).toSorted();
    throw new UnservedKindError(
      `${described}: the cluster’s ${apiVersion} has no kind ${kind}, only ${kinds.join(', ')}`,
    );
  }
  return { group, version, plural: found.name, kind, namespaced: found.namespaced };
}

/** The API server's messages for a boolean or number in a text field: of a custom resource, and of a built-in kind. */
const NOT_TEXT =
  /must be of type string: "(boolean|integer|number)"|cannot unmarshal (bool|number) into Go \w+ .* of type string$/;

/** Advice for such a message: in YAML 1.1, which kubectl reads too, more words are booleans than a person expects. */
function quotesHint(message: string): string {
  const [found, ...types] = NOT_TEXT.exec(message) ?? [];
  if (found === undefined) return '';
  return types.some((type) => type?.startsWith('bool'))
    ? ' (y, n, yes, no, on, off, true and false are booleans to YAML: put them into quotes)'
    : ' (a number to YAML: put it into quotes)';
}

/** The server's message without the object's name, which the caller prints. */
async function refusal(client: KubeClient, object: KubeObject, error: ApiError): Promise<string> {
  const unknown = await unknownFieldLines(client, object, error.message);
  if (unknown) return unknown.map(printable).join('\n  ');
  const causes = error.details?.causes?.map((cause) => `${cause.field}: ${cause.message}`) ?? [];
  const said = causes.length > 0 ? causes : [error.message.replace(/^\w+ \S+: \d+ /, '')];
  return said.map((message) => message + quotesHint(message)).join('\n  ');
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
  { dryRun = false, where, patchExisting = false }: CreateOptions = {},
): Promise<T> {
  const described = describe(object, where);
  const resource = await discover(client, object, described);
  const place = resource.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {};
  const query = { fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined };
  try {
    return await client.request<T>('POST', resourcePath(resource, place), { body: object, query });
  } catch (error) {
    if (isAlreadyExists(error) && patchExisting) {
      const path = resourcePath(resource, { ...place, name: object.metadata.name });
      return client.request<T>('PATCH', path, { body: object, contentType: MERGE_PATCH, query });
    }
    if (isAlreadyExists(error))
      throw new CommandError(
        `${described} exists in the cluster already: leave it out, or change it with kubectl apply`,
      );
    if (error instanceof ApiError && error.status < 500 && error.status !== 401 && error.status !== 403)
      throw new CommandError(`${described} was not accepted:\n  ${await refusal(client, object, error)}`);
    throw error;
  }
}
