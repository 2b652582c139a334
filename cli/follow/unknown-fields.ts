import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { didYouMean } from '../options/suggest.ts';

/** A schema of Kubernetes' OpenAPI, version 3, as far as it names fields. */
interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  $ref?: string;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

interface OpenApi {
  components?: { schemas?: Record<string, Schema> };
}

const STRICT = /strict decoding error: (.*)$/s;
const UNKNOWN = /^unknown field "([^"]+)"$/;

/** The paths in the API server's message about unknown fields; empty if it is about anything else, too. */
export function unknownFields(message: string): string[] {
  const [, all = ''] = STRICT.exec(message) ?? [];
  const paths = all.split(', ').map((part) => UNKNOWN.exec(part)?.[1]);
  return paths.every((path) => path !== undefined) ? paths : [];
}

/** `spec.tasks[0].name` in steps: `spec`, `tasks`, `[]`, `name`. */
const stepsOf = (path: string): string[] =>
  path.split('.').flatMap((part) => {
    const [name = '', ...indexes] = part.split(/(?=\[\d+\])/);
    return [name, ...indexes.map(() => '[]')];
  });

/** The names of the fields beside the one at `path`, in the schema of `kind`. Empty where it has none. */
export function fieldsBeside(document: OpenApi, { apiVersion = '', kind }: KubeObject, path: string): string[] {
  const schemas = document.components?.schemas ?? {};
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const resolved = (schema: Schema | undefined): Schema | undefined => {
    const ref = schema?.$ref ?? schema?.allOf?.find(({ $ref }) => $ref !== undefined)?.$ref;
    return ref === undefined ? schema : schemas[ref.split('/').at(-1) ?? ''];
  };
  let at = Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (own) => own.kind === kind && own.group === group && own.version === version,
    ),
  );
  for (const step of stepsOf(path).slice(0, -1)) {
    const { properties, items, additionalProperties: any } = at ?? {};
    at = resolved(step === '[]' ? items : (properties?.[step] ?? (typeof any === 'object' ? any : undefined)));
  }
  return Object.keys(at?.properties ?? {});
}

/**
 * A line for each unknown field that the message of a refusal names, with the similar name that the API server's OpenAPI has; undefined for another
 * message. Without OpenAPI, which some clusters do not let everybody read, there is no similar name.
 */
export async function unknownFieldLines(
  client: KubeClient,
  object: KubeObject,
  message: string,
): Promise<string[] | undefined> {
  const paths = unknownFields(message);
  if (paths.length === 0) return undefined;
  const { apiVersion = '' } = object;
  const place = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
  const document = await client.request<OpenApi>('GET', `/openapi/v3/${place}`).catch((): OpenApi => ({}));
  return paths.map((path) => {
    const name = stepsOf(path).at(-1) ?? '';
    return `${path}: there is no such field${didYouMean(name, fieldsBeside(document, object, path))}`;
  });
}
