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

/** A struct without values: the zero values that Go writes, null for required fields. */
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

/** A type's object without any written field: no manager owns what it contains. */
export function emptyObject({ builtIn, group, version, kind }: ResourceType): JsonObject {
  if (!builtIn) return {};
  const name = definitionName({ group, version, kind });
  return emptyStruct(name, definitions[name] ?? {});
}
