import type { ResourceType } from '../catalog/resource-type.ts';
import type { JsonObject, KubeObject } from '../object.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function partialMetadata(object: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function row(type: ResourceType, object: KubeObject, include: IncludeObject, now: Date): JsonObject {
  const shown = include === 'Object' ? object : include === 'Metadata' ? partialMetadata(object) : null;
  const conditions = type.rowConditions?.(object) ?? [];
  return {
    cells: type.columns.map((column) => column.value(object, now)),
    ...(conditions.length === 0 ? {} : { conditions }),
    object: shown,
  };
}

/** Objects as kubectl prints them. A watch names the columns in its first event only. */
export function table(
  type: ResourceType,
  objects: KubeObject[],
  metadata: JsonObject,
  options: { include: IncludeObject; now: Date; columns: boolean },
): JsonObject {
  const columnDefinitions = type.columns.map(({ name, type: cellType, format = '', description, priority }) => ({
    name,
    type: cellType,
    format,
    description,
    priority,
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.columns ? columnDefinitions : null,
    rows: objects.map((object) => row(type, object, options.include, options.now)),
  };
}
