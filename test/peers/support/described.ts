import { runPeer } from './command.ts';
import { until } from './until.ts';

/** A definition of a resource, as far as this reads it. */
export interface Described {
  spec: { group: string; names: { plural: string; kind: string }; versions: { name: string; served?: boolean }[] };
}

interface OpenApi {
  components?: { schemas?: Record<string, { 'x-kubernetes-group-version-kind'?: { kind: string }[] }> };
}

/**
 * Resolves when clients find all of these kinds in what the API server says of itself (discovery and OpenAPI v3): kubectl reads both, and each of them
 * has a new kind some time after its objects are served.
 */
export async function untilDescribed(kubeconfigPath: string, definitions: Described[]): Promise<void> {
  const admin = `--kubeconfig=${kubeconfigPath}`;
  const read = async <T>(path: string): Promise<T | undefined> => {
    try {
      return JSON.parse(await runPeer('kubectl', [admin, 'get', '--raw', path])) as T;
    } catch (error) {
      if (String(error).includes('(NotFound)')) return undefined;
      throw error;
    }
  };
  for (const group of new Set(definitions.map(({ spec }) => spec.group)))
    await until(`the resources of ${group} in discovery`, async () => {
      // It fails while any group has no answer yet.
      const listed = await runPeer('kubectl', [admin, 'api-resources', `--api-group=${group}`, '--output=name']).catch(
        () => '',
      );
      const names = listed.split('\n');
      const wanted = definitions.filter(({ spec }) => spec.group === group).map(({ spec }) => spec.names.plural);
      return wanted.every((plural) => names.includes(`${plural}.${group}`)) || undefined;
    });
  for (const { spec } of definitions)
    for (const { name } of spec.versions.filter(({ served = true }) => served))
      await until(`${spec.names.kind} of ${spec.group}/${name} in OpenAPI`, async () => {
        const { components } = (await read<OpenApi>(`/openapi/v3/apis/${spec.group}/${name}`)) ?? {};
        const schemas = Object.values(components?.schemas ?? {});
        const kinds = schemas.flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? []);
        return kinds.some(({ kind }) => kind === spec.names.kind) || undefined;
      });
}
