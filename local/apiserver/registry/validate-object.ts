import type { ResourceType } from '../catalog/resource-type.ts';
import { invalidObject } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import { validate } from '../schema/validate.ts';
import { checkMetadata } from './validate-metadata.ts';

/** Throws 422 with everything that is wrong with the object, or with its change from `old`. */
export function validateObject(type: ResourceType, object: KubeObject, old?: KubeObject): void {
  const errors = [
    ...checkMetadata(type, object),
    ...(type.builtIn ? [] : validate({ ...type.schema, properties: withoutMetadata(type) }, object, '')),
    ...(type.strategy.validate?.(object) ?? []),
    ...(old === undefined ? [] : (type.strategy.validateUpdate?.(object, old) ?? [])),
  ];
  if (errors.length > 0) throw invalidObject(type, object.metadata.name ?? '', errors);
}

function withoutMetadata(type: ResourceType): NonNullable<ResourceType['schema']['properties']> {
  const { metadata: _metadata, ...rest } = type.schema.properties ?? {};
  return rest;
}
