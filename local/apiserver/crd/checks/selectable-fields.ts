import { duplicate, invalid, required, tooMany } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import type { Schema } from '../../schema/schema.ts';
import { schemaAt } from '../field-path.ts';

const MAX_FIELDS = 8;
const selectableTypes = ['string', 'boolean', 'integer'];
const WRONG_TYPE =
  'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';

function checkField(jsonPath: string, schema: Schema, field: string): FieldError[] {
  const found = schemaAt(schema, jsonPath, false);
  if (typeof found === 'string') return [invalid(field, jsonPath, `is an invalid path: ${found}`)];
  return [
    ...(/^\.metadata(\.|$)/.test(jsonPath) ? [invalid(field, jsonPath, 'must not point to fields in metadata')] : []),
    ...(selectableTypes.includes(found.type ?? '') ? [] : [invalid(field, jsonPath, WRONG_TYPE)]),
  ];
}

/** `selectableFields` of a version: paths to scalars of its schema. */
export function checkSelectableFields(
  fields: { jsonPath?: string }[],
  schema: Schema | undefined,
  field: string,
): FieldError[] {
  if (fields.length === 0 || schema === undefined) return [];
  const paths = fields.map(({ jsonPath = '' }) => jsonPath);
  const errors = paths.flatMap((path, index) => {
    const at = `${field}[${index}].jsonPath`;
    if (path === '') return [required(at)];
    return [...checkField(path, schema, at), ...(paths.indexOf(path) < index ? [duplicate(at, path)] : [])];
  });
  const count = new Set(paths).size;
  return count > MAX_FIELDS ? [...errors, tooMany(field, count, MAX_FIELDS)] : errors;
}
