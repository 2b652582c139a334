import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { definitionName, definitions, referenceOf } from '../schema/definitions.ts';
import type { Definition } from '../schema/definitions.ts';
import { writtenTimes } from '../schema/times.ts';

function emptyValue(schema: Definition): unknown {
  const reference = referenceOf(schema);
  const target = reference === undefined ? undefined : definitions[reference];
  return reference !== undefined && target?.['type'] === 'object' && isObject(schema['default'])
    ? emptyStruct(reference, target)
    : schema['default'];
}

/** A struct without values: fields with a zero value that is written, null where something is required. */
function emptyStruct(name: string, { properties, required }: Definition): JsonObject {
  const needed: unknown[] = Array.isArray(required) ? required : [];
  return Object.fromEntries(
    Object.entries(isObject(properties) ? properties : {}).flatMap(([key, schema]): [string, unknown][] => {
      const value = emptyValue(schema as Definition);
      if (value !== undefined) return [[key, value]];
      return needed.includes(key) || writtenTimes[name]?.includes(key) === true ? [[key, null]] : [];
    }),
  );
}

/** The object of a type before anybody has written a field: what is in it is nobody's addition. */
export function emptyObject({ builtIn, group, version, kind }: ResourceType): JsonObject {
  if (!builtIn) return {};
  const name = definitionName({ group, version, kind });
  return emptyStruct(name, definitions[name] ?? {});
}
