import { invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, sameJson } from '../object.ts';
import { fieldPath } from './schema.ts';
import type { Schema } from './schema.ts';

const dateTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function hasType(expected: string, value: unknown): boolean {
  const actual = typeOf(value);
  return actual === expected || (expected === 'number' && actual === 'integer');
}

function checkNumber(schema: Schema, value: number, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { minimum, maximum } = schema;
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    errors.push(
      invalid(
        path,
        value,
        `${path} in body should be less than ${schema.exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`,
      ),
    );
  }
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    errors.push(
      invalid(
        path,
        value,
        `${path} in body should be greater than ${schema.exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`,
      ),
    );
  }
  return errors;
}

function checkString(schema: Schema, value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength) {
    errors.push(invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    errors.push(invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  if (schema.format === 'date-time' && !(dateTime.test(value) && !Number.isNaN(Date.parse(value)))) {
    errors.push(invalid(path, value, `${path} in body must be of type date-time: ${JSON.stringify(value)}`));
  }
  return errors;
}

function checkArray(schema: Schema, value: unknown[], path: string): FieldError[] {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  const errors = items === undefined ? [] : value.flatMap((item, index) => validate(items, item, `${path}[${index}]`));
  if (value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (value.length < minItems)
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  return errors;
}

function checkObject(schema: Schema, value: Record<string, unknown>, path: string): FieldError[] {
  const missing = (schema.required ?? []).filter((key) => value[key] === undefined);
  const errors = missing.map((key) => required(fieldPath(path, key)));
  const count = Object.keys(value).length;
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    errors.push(tooMany(path, count, schema.maxProperties));
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    errors.push(invalid(path, count, `${path} in body should have at least ${schema.minProperties} properties`));
  }
  for (const [key, item] of Object.entries(value)) {
    const named = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const property =
      named ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (property !== undefined) errors.push(...validate(property, item, fieldPath(path, key)));
  }
  return errors;
}

/** Everything in `value` that does not fit `schema`, with the messages of the Kubernetes OpenAPI validator. */
export function validate(schema: Schema, value: unknown, path: string): FieldError[] {
  if (value === undefined || (value === null && schema.nullable === true)) return [];
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof value === 'string' || Number.isInteger(value)) return [];
    return [
      typeInvalid(
        path,
        typeOf(value),
        `${path} in body must be of type integer,string: ${JSON.stringify(typeOf(value))}`,
      ),
    ];
  }
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return [
      typeInvalid(
        path,
        typeOf(value),
        `${path} in body must be of type ${schema.type}: ${JSON.stringify(typeOf(value))}`,
      ),
    ];
  }
  if (schema.enum !== undefined && !schema.enum.some((one) => sameJson(one, value)))
    return [notSupported(path, value, schema.enum)];
  if (typeof value === 'number') return checkNumber(schema, value, path);
  if (typeof value === 'string') return checkString(schema, value, path);
  if (Array.isArray(value)) return checkArray(schema, value, path);
  return isObject(value) ? checkObject(schema, value, path) : [];
}
