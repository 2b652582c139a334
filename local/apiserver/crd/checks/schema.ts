import { forbiddenField, invalid, notSupported, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { sameJson } from '../../object.ts';
import { noUnknownFields, prune } from '../../schema/prune.ts';
import type { Schema } from '../../schema/schema.ts';
import { validateBelow } from '../validate.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const listTypes = ['atomic', 'set', 'map'];
const mapTypes = ['atomic', 'granular'];
const objectFields = ['metadata', 'kind', 'apiVersion'];

/** Keys of JSON Schema that custom resources can't use. */
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];

function checkKeys(schema: Schema, field: string): FieldError[] {
  const { type = '' } = schema;
  const given = schema as Record<string, unknown>;
  return [
    ...(type !== '' && !types.includes(type) ? [notSupported(`${field}.type`, type, types)] : []),
    ...unsupported
      .filter((key) => given[key] !== undefined)
      .map((key) => forbiddenField(`${field}.${key}`, `${key} is not supported`)),
    ...(type === 'null'
      ? [forbiddenField(`${field}.type`, 'type cannot be set to null, use nullable as an alternative')]
      : []),
    ...(Array.isArray(schema.items)
      ? [forbiddenField(`${field}.items`, 'items must be a schema object and not an array')]
      : []),
    ...(given['uniqueItems'] === true
      ? [
          forbiddenField(
            `${field}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...(schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0
      ? [forbiddenField(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')]
      : []),
  ];
}

/** An extension that is valid for one type only. */
function checkMarkedType(schema: Schema, mark: keyof Schema, type: string, field: string): FieldError[] {
  if (schema[mark] === undefined || schema.type === type) return [];
  const problem = `must be ${type} if ${mark} is specified`;
  const { type: given = '' } = schema;
  return [given === '' ? required(`${field}.type`, problem) : invalid(`${field}.type`, given, problem)];
}

function checkOneOf(
  schema: Schema,
  mark: 'x-kubernetes-list-type' | 'x-kubernetes-map-type',
  known: string[],
  field: string,
): FieldError[] {
  const value = schema[mark];
  return value === undefined || known.includes(value) ? [] : [notSupported(`${field}.${mark}`, value, known)];
}

/** The items of a set are compared as a whole. */
function checkSet(items: Schema, field: string): FieldError[] {
  const problem = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && (listType ?? 'atomic') !== 'atomic')
    return [invalid(`${field}.items.x-kubernetes-list-type`, listType, problem)];
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalid(`${field}.items.x-kubernetes-map-type`, listType, problem)];
  return [];
}

function checkMapKeys(schema: Schema, keys: string[], field: string): FieldError[] {
  const { items } = schema;
  const listKeys = `${field}.x-kubernetes-list-map-keys`;
  if (items === undefined) return [required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object')
    return [
      invalid(
        `${field}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    ];
  return keys.flatMap((key, index) => {
    const property = items.properties?.[key];
    return [
      ...(property === undefined ? [invalid(listKeys, keys, 'entries must all be names of item properties')] : []),
      ...(property?.type === 'array' || property?.type === 'object'
        ? [
            invalid(
              `${field}.items.properties[${key}].type`,
              items.type,
              "must be a scalar type if parent array's x-kubernetes-list-type is map",
            ),
          ]
        : []),
      ...(keys.indexOf(key) < index ? [invalid(listKeys, keys, 'must not contain duplicate entries')] : []),
    ];
  });
}

/** Every item of a map has its keys. */
function checkKeysAreGiven({ items = {} }: Schema, keys: string[], field: string): FieldError[] {
  return keys.flatMap((key) => {
    const property = items.properties?.[key];
    if (property === undefined) return [];
    const at = `${field}.items.properties[${key}]`;
    const isGiven = (items.required ?? []).includes(key) || property.default !== undefined;
    const missing =
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    const nullable = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
    return [
      ...(isGiven ? [] : [required(`${at}.default`, missing)]),
      ...(property.nullable === true ? [forbiddenField(`${at}.nullable`, nullable)] : []),
    ];
  });
}

function checkList(schema: Schema, field: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const needed = 'must be map if x-kubernetes-list-map-keys is non-empty';
  const errors = checkMarkedType(schema, 'x-kubernetes-list-type', 'array', field);
  if (errors.length === 0 && type === 'set' && schema.items !== undefined)
    errors.push(...checkSet(schema.items, field));
  errors.push(...checkOneOf(schema, 'x-kubernetes-list-type', listTypes, field));
  if (keys.length > 0 && type === undefined) errors.push(required(`${field}.x-kubernetes-list-type`, needed));
  if (keys.length > 0 && type !== undefined && type !== 'map')
    errors.push(invalid(`${field}.x-kubernetes-list-type`, type, needed));
  if (type === 'map') {
    if (keys.length === 0)
      errors.push(
        required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'),
      );
    errors.push(...checkMapKeys(schema, keys, field));
  }
  if ((type === 'map' || type === 'set') && schema.items?.nullable === true)
    errors.push(forbiddenField(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`));
  return [...errors, ...(type === 'map' ? checkKeysAreGiven(schema, keys, field) : [])];
}

function inner(schema: Schema, field: string): [Schema, string][] {
  const { properties = {}, additionalProperties, items, not } = schema;
  const listed = (['allOf', 'oneOf', 'anyOf'] as const).flatMap((key) =>
    (schema[key] ?? []).map((one, index): [Schema, string] => [one, `${field}.${key}[${index}]`]),
  );
  return [
    ...(typeof additionalProperties === 'object'
      ? [[additionalProperties, `${field}.additionalProperties`] as [Schema, string]]
      : []),
    ...Object.entries(properties).map(([key, one]): [Schema, string] => [one, `${field}.properties[${key}]`]),
    ...(not === undefined ? [] : [[not, `${field}.not`] as [Schema, string]]),
    ...listed,
    ...(items === undefined || Array.isArray(items) ? [] : [[items, `${field}.items`] as [Schema, string]]),
  ];
}

/** The errors in a schema and all inside it, without those of its structure (ValidateCustomResourceDefinitionOpenAPISchema). */
export function checkOpenApiSchema(schema: Schema, field: string): FieldError[] {
  const { properties = {} } = schema;
  const common = objectFields.filter((key) => Object.hasOwn(properties, key));
  const own = Object.fromEntries(Object.entries(properties).filter(([key]) => !common.includes(key)));
  return [
    ...checkAll({ ...schema, properties: own }, field, ''),
    ...common.flatMap((key) => checkAll(properties[key] ?? {}, `${field}.properties[${key}]`, `in top-level ${key}`)),
  ];
}

/** `noDefaults`: why defaults are not allowed; empty if they are. */
function checkAll(schema: Schema, field: string, noDefaults: string): FieldError[] {
  return [
    ...checkKeys(schema, field),
    ...(noDefaults !== '' && schema.default !== undefined
      ? [forbiddenField(`${field}.default`, `must not be set ${noDefaults}`)]
      : []),
    ...inner(schema, field).flatMap(([one, at]) => checkAll(one, at, noDefaults)),
    ...(schema['x-kubernetes-preserve-unknown-fields'] === false
      ? [invalid(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')]
      : []),
    ...checkMarkedType(schema, 'x-kubernetes-map-type', 'object', field),
    ...checkOneOf(schema, 'x-kubernetes-map-type', mapTypes, field),
    ...checkList(schema, field),
  ];
}

/** Whether the defaults in a structural schema fit it. */
export function checkDefaults(schema: Schema, field: string): FieldError[] {
  const { default: value, items, properties = {} } = schema;
  const own: FieldError[] = [];
  if (value !== undefined) {
    const pruned = prune(schema, value, '', noUnknownFields());
    if (!sameJson(pruned, value)) own.push(invalid(`${field}.default`, value, 'must not have unknown fields'));
    own.push(...validateBelow(schema, value, `${field}.default`));
  }
  return [
    ...own,
    ...(items === undefined ? [] : checkDefaults(items, `${field}.items`)),
    ...Object.entries(properties).flatMap(([key, one]) => checkDefaults(one, `${field}.properties[${key}]`)),
  ];
}
