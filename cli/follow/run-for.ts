import { stringify } from 'yaml';

import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { ParamSpec, ParamType, ParamValue, WorkspaceDeclaration } from '../../shared/tekton/types.ts';

const SAMPLES: Record<ParamType, ParamValue> = { string: 'VALUE', array: ['VALUE'], object: { KEY: 'VALUE' } };

const maps = <T>(value: unknown): T[] =>
  Array.isArray(value) ? (value as T[]).filter((item) => typeof item === 'object' && item !== null) : [];

function sampleOf({ type = 'string', properties }: ParamSpec): ParamValue {
  if (type === 'object' && properties)
    return Object.fromEntries(Object.keys(properties).map((key): [string, string] => [key, 'VALUE']));
  return Object.hasOwn(SAMPLES, type) ? SAMPLES[type] : 'VALUE';
}

/** The YAML of a run of a Task or Pipeline, with its required params and workspaces. */
export function runFor({ apiVersion, kind, metadata, ...rest }: KubeObject): string {
  const { spec } = rest as { spec?: { params?: unknown; workspaces?: unknown } | null };
  const params = maps<ParamSpec>(spec?.params)
    .filter((param) => param.default === undefined)
    .map((param) => ({ name: param.name, value: sampleOf(param) }));
  const workspaces = maps<WorkspaceDeclaration>(spec?.workspaces)
    .filter(({ optional }) => optional !== true)
    .map(({ name }) => ({ name, emptyDir: {} }));
  const run = {
    apiVersion,
    kind: `${kind}Run`,
    metadata: { generateName: `${metadata.name}-`, namespace: metadata.namespace },
    spec: {
      [kind === 'Pipeline' ? 'pipelineRef' : 'taskRef']: { name: metadata.name },
      ...(params.length > 0 && { params }),
      ...(workspaces.length > 0 && { workspaces }),
    },
  };
  return stringify(run).trimEnd();
}
