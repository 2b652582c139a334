import { forbiddenField, invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { regularExpression } from '../../regular-expression.ts';
import type { Schema } from '../../schema/schema.ts';

type Level = 'root' | 'item' | 'field';

const missingType: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** Fields that are forbidden inside `allOf`, `anyOf`, `oneOf` and `not`. */
const forbiddenInside: [keyof Schema, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
}

function isIntOrString(schemas: Schema[] | undefined): boolean {
  const types = (schemas ?? []).map((one) => (Object.keys(one).length === 1 ? one.type : undefined));
  return types.length === 2 && types[0] === 'integer' && types[1] === 'string';
}

/** The alternatives of a schema, each with its path. The `anyOf` of an int-or-string is redundant. */
function parts({ allOf = [], anyOf = [], oneOf = [], not }: Schema, field: string): [Schema, string, boolean][] {
  const ofAny = isIntOrString(anyOf) ? [] : anyOf;
  return [
    ...ofAny.map((one, index): [Schema, string, boolean] => [one, `${field}.anyOf[${index}]`, false]),
    ...allOf.map((one, index): [Schema, string, boolean] => [one, `${field}.allOf[${index}]`, index === 0]),
    ...oneOf.map((one, index): [Schema, string, boolean] => [one, `${field}.oneOf[${index}]`, false]),
    ...(not === undefined ? [] : [[not, `${field}.not`, false] as [Schema, string, boolean]]),
  ];
}

function checkPattern({ pattern }: Schema, field: string): FieldError[] {
  if (pattern === undefined || pattern === '') return [];
  try {
    regularExpression(pattern);
    return [];
  } catch (error: unknown) {
    const problem = error instanceof Error ? error.message : String(error);
    return [invalid(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`)];
  }
}

function checkInside(schema: Schema, field: string, mayBeIntOrString: boolean): FieldError[] {
  const { properties = {}, items, additionalProperties } = schema;
  const skipped = mayBeIntOrString && isIntOrString(schema.anyOf) ? { ...schema, anyOf: [] } : schema;
  return [
    ...checkPattern(schema, field),
    ...parts(skipped, field).flatMap(([one, at]) => checkInside(one, at, false)),
    ...(items === undefined ? [] : checkInside(items, `${field}.items`, false)),
    ...Object.entries(properties).flatMap(([key, one]) => checkInside(one, `${field}.properties[${key}]`, false)),
    ...(typeof additionalProperties === 'object'
      ? checkInside(additionalProperties, `${field}.additionalProperties`, false)
      : []),
    ...forbiddenInside
      .filter(([key]) => isGiven(schema[key]))
      .map(([key, problem]) => forbiddenField(`${field}.${key}`, problem)),
    ...('metadata' in properties
      ? [forbiddenField(`${field}.properties[metadata]`, 'must not be specified in a nested context')]
      : []),
  ];
}

function checkType(schema: Schema, level: Level, field: string): FieldError[] {
  const { type = '' } = schema;
  const isMarked =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const problem = 'must be object if x-kubernetes-embedded-resource is true';
    return [type === '' ? required(`${field}.type`, problem) : invalid(`${field}.type`, type, problem)];
  }
  if (type === '') return isMarked ? [] : [required(`${field}.type`, missingType[level])];
  return level === 'root' && type !== 'object' ? [invalid(`${field}.type`, type, 'must be object at the root')] : [];
}

/** metadata at the root may only restrict the name. */
function checkMetadata(metadata: Schema, isRoot: boolean, isMeta: boolean, field: string): FieldError[] {
  const ofType =
    isMeta && metadata.type !== 'object' ? [invalid(`${field}.type`, metadata.type ?? '', 'must be object')] : [];
  if (!isRoot) return ofType;
  const { type: _type, default: _default, properties = {}, ...rest } = metadata;
  const isMore =
    Object.values(rest).some(isGiven) || Object.keys(properties).some((key) => !/^(name|generateName)$/.test(key));
  const problem = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return [...ofType, ...(isMore ? [forbiddenField(field, problem)] : [])];
}

function checkObjectFields({ properties = {}, ...schema }: Schema, level: Level, field: string): FieldError[] {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const isMeta = level === 'root' || isEmbedded;
  const { metadata } = properties;
  const wrong = ['kind', 'apiVersion'].filter((key) => isMeta && (properties[key]?.type ?? 'string') !== 'string');
  return [
    ...wrong.map((key) => invalid(`${field}.properties[${key}].type`, properties[key]?.type, 'must be string')),
    ...(metadata === undefined
      ? []
      : checkMetadata(metadata, level === 'root', isMeta, `${field}.properties[metadata]`)),
    ...(isEmbedded && schema['x-kubernetes-preserve-unknown-fields'] !== true && Object.keys(properties).length === 0
      ? [
          required(
            `${field}.properties`,
            'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
          ),
        ]
      : []),
  ];
}

function checkMarks(schema: Schema, field: string): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  const others = ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const;
  return others
    .filter((mark) => schema[mark] === true)
    .map((mark) => invalid(`${field}.${mark}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

function checkAdditional({ additionalProperties, ...schema }: Schema, level: Level, field: string): FieldError[] {
  if (additionalProperties === undefined) return [];
  const at = `${field}.additionalProperties`;
  return [
    ...(level === 'root' ? [forbiddenField(at, 'must not be used at the root')] : []),
    ...(typeof additionalProperties === 'object' ? invariants(additionalProperties, 'field', at) : []),
    ...(schema['x-kubernetes-embedded-resource'] === true
      ? [forbiddenField(at, 'must not be used if x-kubernetes-embedded-resource is set')]
      : []),
  ];
}

function invariants(schema: Schema, level: Level, field: string): FieldError[] {
  const { type, items, properties = {} } = schema;
  return [
    ...(type === 'array' && items === undefined ? [required(`${field}.items`, 'must be specified')] : []),
    ...(items === undefined ? [] : invariants(items, 'item', `${field}.items`)),
    ...Object.entries(properties).flatMap(([key, one]) => invariants(one, 'field', `${field}.properties[${key}]`)),
    ...checkAdditional(schema, level, field),
    ...checkMarks(schema, field),
    ...checkPattern(schema, field),
    ...parts(schema, field).flatMap(([one, at, isFirst]) => checkInside(one, at, isFirst)),
    ...checkType(schema, level, field),
    ...checkObjectFields(schema, level, field),
  ];
}

/** Fields in a condition must also be in the schema around it. */
function checkComplete(part: Schema, whole: Schema | undefined, field: string, partField: string): FieldError[] {
  if (whole === undefined) return [required(field, `because it is defined in ${partField}`)];
  const { items, properties = {} } = part;
  return [
    ...parts(part, '').flatMap(([one, at]) => checkComplete(one, whole, field, `${partField}${at}`)),
    ...(items === undefined ? [] : checkComplete(items, whole.items, `${field}.items`, `${partField}.items`)),
    ...Object.entries(properties).flatMap(([key, one]) =>
      checkComplete(one, whole.properties?.[key], `${field}.properties[${key}]`, `${partField}.properties[${key}]`),
    ),
  ];
}

/** Whether a schema is structural (k8s.io/apiextensions-apiserver, ValidateStructural). */
export function checkStructure(schema: Schema, field: string): FieldError[] {
  const incomplete = parts(schema, field).flatMap(([one, at]) => checkComplete(one, schema, field, at));
  const text = (error: FieldError): string => `${error.field}: ${error.message}`;
  return [...invariants(schema, 'root', field), ...incomplete].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
