import type { KubeObject } from '../../shared/kubernetes/types.ts';

/** Fields of Tekton's objects that are lists of maps or maps, at any level. */
const LISTS = new Set(['params', 'workspaces', 'tasks', 'finally', 'steps', 'sidecars', 'results']);
const MAPS = new Set([
  'metadata',
  'labels',
  'annotations',
  'spec',
  'pipelineSpec',
  'pipelineRef',
  'taskSpec',
  'taskRef',
]);

/** Fields with free content. */
const FREE = new Set(['value', 'default', 'labels', 'annotations']);

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Whether the fields of a run, Task or Pipeline that this command reads have the types of the schema. An irregular object is left to the API
 * server, which refuses it with the path of each field.
 */
export function isRegular(object: KubeObject): boolean {
  return 'spec' in object && hasShapes(object);
}

function hasShapes(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(hasShapes);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]: [string, unknown]) => {
    if (LISTS.has(key) && !(Array.isArray(inner) && inner.every(isNamed))) return false;
    return (!MAPS.has(key) || isMap(inner)) && (FREE.has(key) || hasShapes(inner));
  });
}

function isNamed(item: unknown): boolean {
  const { name } = (isMap(item) ? item : { name: 0 }) as { name?: unknown };
  return name === undefined || typeof name === 'string';
}
