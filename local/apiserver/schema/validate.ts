import { invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, sameJson } from '../object.ts';
import { matches } from '../regular-expression.ts';
import { checkCombinations, merged, none } from './combinations.ts';
import type { Result } from './combinations.ts';
import { formerItems } from './former-items.ts';
import { hasFormat } from './formats.ts';
import { fieldPath } from './schema.ts';
import type { Schema } from './schema.ts';

/** The old value, if it can be correlated: unchanged values may stay invalid. */
interface Was {
  value: unknown;
}

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

/** A number is checked as a number even if its type is wrong. */
function checkRange({ type, format }: Schema, value: number, path: string): FieldError[] {
  if (type !== 'integer') return [];
  const limit = format === 'int32' ? 2 ** 31 : 2 ** 63;
  if (Number.isInteger(value) && value >= -limit && value < limit) return [];
  const how = format === undefined ? '(default format)' : `with format ${format}`;
  return [invalid('<nil>', '', `Checked value must be of type integer ${how} in ${path}`)];
}

function checkNumber(schema: Schema, value: number, path: string): FieldError[] {
  const errors: FieldError[] = checkRange(schema, value, path);
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
  if (schema.pattern !== undefined && !matches(schema.pattern, value)) {
    errors.push(invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  if (schema.format !== undefined && !hasFormat(schema.format, value)) {
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`));
  }
  return errors;
}

function checkArray(schema: Schema, value: unknown[], path: string, was: Was | undefined): Result {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  const former = formerItems(schema, was?.value);
  const checkItem = (items: Schema, item: unknown, at: number): Result => {
    const old = former(item);
    return check(items, item, `${path}[${at}]`, old && { value: old });
  };
  const result = items === undefined ? none() : merged(value.map((item, at) => checkItem(items, item, at)));
  if (value.length > maxItems) result.errors.push(tooMany(path, value.length, maxItems));
  if (value.length < minItems)
    result.errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  return result;
}

/** apiVersion and kind have no old value: both objects are in one version. */
function formerField(key: string, path: string, was: Was | undefined): Was | undefined {
  if (!isObject(was?.value) || was.value[key] === undefined) return undefined;
  return path === '' && (key === 'apiVersion' || key === 'kind') ? undefined : { value: was.value[key] };
}

function checkObject(schema: Schema, value: Record<string, unknown>, path: string, was: Was | undefined): Result {
  const errors: FieldError[] = [];
  const count = Object.keys(value).length;
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    errors.push(invalid(path, count, `${path} in body should have at least ${schema.minProperties} properties`));
  }
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    errors.push(tooMany(path, count, schema.maxProperties));
  const inner = Object.entries(value).map(([key, item]) => {
    const named = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const property =
      named ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    return property === undefined ? none() : check(property, item, fieldPath(path, key), formerField(key, path, was));
  });
  const missing = (schema.required ?? []).filter((key) => value[key] === undefined);
  return merged([
    { errors, matches: 0 },
    ...inner,
    { errors: missing.map((key) => required(fieldPath(path, key))), matches: 0 },
  ]);
}

function wrongType(schema: Schema, value: unknown, path: string): FieldError | undefined {
  const anyNumber = schema['x-kubernetes-int-or-string'] === true;
  const fits = anyNumber
    ? typeof value === 'string' || Number.isInteger(value)
    : schema.type === undefined || hasType(schema.type, value);
  // A list passes for any text that has a format, as in Kubernetes.
  const passes = schema.type === 'string' && schema.format !== undefined && Array.isArray(value);
  if (fits || passes) return undefined;
  if (schema.format !== undefined && !anyNumber && typeof value !== 'string' && !Array.isArray(value)) {
    // With a format the error names formats.
    const format = typeof value !== 'number' ? '' : Number.isInteger(value) ? 'int64' : 'double';
    return typeInvalid(path, format, `${path} in body must be of type ${schema.format}: ${JSON.stringify(format)}`);
  }
  const expected = anyNumber ? 'integer,string' : (schema.type ?? '');
  const actual = typeOf(value);
  return typeInvalid(path, actual, `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`);
}

function checkValue(schema: Schema, value: unknown, path: string, was: Was | undefined): Result {
  const found = (errors: FieldError[]): Result => ({ errors, matches: 1 });
  if (schema.enum !== undefined && !schema.enum.some((one) => sameJson(one, value)))
    return found([notSupported(path, value, schema.enum)]);
  if (typeof value === 'number') return found(checkNumber(schema, value, path));
  if (typeof value === 'string') return found(checkString(schema, value, path));
  if (Array.isArray(value)) return checkArray(schema, value, path, was);
  return isObject(value) ? checkObject(schema, value, path, was) : none();
}

function checkAll(schema: Schema, value: unknown, path: string, was: Was | undefined): Result {
  const wrong = wrongType(schema, value, path);
  if (wrong !== undefined) {
    const { enum: allowed } = schema;
    const isNamed = allowed === undefined || allowed.some((one) => sameJson(one, value));
    const others = [
      ...(typeof value === 'number' ? checkNumber(schema, value, path) : []),
      ...(isNamed ? [] : [notSupported(path, value, allowed)]),
    ];
    return { errors: [wrong, ...others], matches: 1 };
  }
  // An int-or-string may also have such a combination, which is redundant.
  const combined =
    schema['x-kubernetes-int-or-string'] === true ? none() : checkCombinations(schema, value, path, check);
  return merged([
    { errors: [], matches: schema.type === undefined ? 1 : 2 },
    combined,
    checkValue(schema, value, path, was),
  ]);
}

function check(schema: Schema, value: unknown, path: string, was?: Was): Result {
  if (value === undefined || (value === null && schema.nullable === true)) return none();
  const result = checkAll(schema, value, path, was);
  const stays = result.errors.length > 0 && was !== undefined && sameJson(value, was.value);
  return stays ? { ...result, errors: [] } : result;
}

/**
 * The errors in `value` by `schema`, with the messages of the Kubernetes OpenAPI validator, except for values that are unchanged since
 * `old`.
 */
export function validate(schema: Schema, value: unknown, path: string, old?: unknown): FieldError[] {
  const was = old === undefined ? undefined : { value: old };
  return check(schema, value, path, was).errors;
}
