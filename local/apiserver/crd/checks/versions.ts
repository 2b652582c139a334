import { forbiddenField, invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { sameJson } from '../../object.ts';
import type { Schema } from '../../schema/schema.ts';
import { compileJsonPath } from '../../table/json-path.ts';
import type { CrdVersion, CustomResourceDefinition, PrinterColumn } from '../types.ts';
import { checkRules } from '../rules/check.ts';
import { checkLabel } from './labels.ts';
import { checkDefaults, checkOpenApiSchema } from './schema.ts';
import { checkSelectableFields } from './selectable-fields.ts';
import { checkStructure } from './structure.ts';
import { checkSubresources, pathProblem } from './subresources.ts';

const columnTypes = 'boolean,date,integer,number,string';
const columnFormats = 'byte,date,date-time,double,float,int32,int64,password';

const oneOf = (allowed: string, value: string): boolean => allowed.split(',').includes(value);

function checkColumn(
  { name = '', type = '', format = '', jsonPath = '' }: Partial<PrinterColumn>,
  field: string,
): FieldError[] {
  const path = `${field}.JSONPath`;
  const problem = pathProblem(jsonPath);
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${field}.name`));
  if (type === '') errors.push(required(`${field}.type`, `must be one of ${columnTypes}`));
  else if (!oneOf(columnTypes, type)) errors.push(invalid(`${field}.type`, type, `must be one of ${columnTypes}`));
  if (format !== '' && !oneOf(columnFormats, format))
    errors.push(invalid(`${field}.format`, format, `must be one of ${columnFormats}`));
  if (jsonPath === '') errors.push(required(path));
  else if (problem !== undefined) errors.push(invalid(path, jsonPath, problem));
  else errors.push(...checkReadable(jsonPath, path));
  return errors;
}

/** JSONPaths that this server can't evaluate. */
function checkReadable(jsonPath: string, field: string): FieldError[] {
  try {
    compileJsonPath(jsonPath);
    return [];
  } catch (error: unknown) {
    return [invalid(field, jsonPath, error instanceof Error ? error.message : String(error))];
  }
}

const checkColumns = (columns: PrinterColumn[], field: string): FieldError[] =>
  columns.flatMap((column, index) => checkColumn(column, `${field}[${index}]`));

/** The fields that the root of a schema may have with a status subresource, by their Go names. */
const rootNames =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';
const otherKeys = ['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default', 'enum', 'minProperties', 'maxProperties'];

function checkRoot(schema: Schema, hasStatus: boolean, field: string): FieldError[] {
  if (!hasStatus) return [];
  if ((schema.type ?? 'object') !== 'object')
    return [
      invalid(
        `${field}.type`,
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    ];
  const problem = `only [${rootNames}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return otherKeys.some((key) => key in schema) ? [invalid(field, schema, problem)] : [];
}

/** The errors in the schema of one version, or of all. */
function checkSchema(schema: Schema, hasStatus: boolean, field: string): FieldError[] {
  const structure = checkStructure(schema, field);
  const defaults = structure.length === 0 ? checkDefaults(schema, field) : [];
  const errors = [
    ...checkRoot(schema, hasStatus, field),
    ...(schema.nullable === true ? [forbiddenField(`${field}.nullable`, 'nullable cannot be true at the root')] : []),
    ...structure,
    ...defaults,
    ...checkOpenApiSchema(schema, field),
  ];
  return [...errors, ...checkRules(schema, field, errors.length === 0)];
}

function checkDeprecation({ deprecated, deprecationWarning: warning }: CrdVersion, field: string): FieldError[] {
  if (warning === undefined) return [];
  const problems =
    deprecated === true
      ? [
          ...(Buffer.byteLength(warning) > 256 ? ['must be <= 256 characters long'] : []),
          ...(warning === '' ? ['must not be an empty string'] : []),
        ]
      : ['can only be set for deprecated versions'];
  return problems.map((problem) => invalid(`${field}.deprecationWarning`, warning, problem));
}

type Part = 'schema' | 'subresources' | 'columns' | 'selectableFields';

/** Parts of versions: a kube-apiserver treats those that all versions share as parts of the definition. */
const shared: Record<Part, (version: CrdVersion) => unknown> = {
  schema: (version: CrdVersion) => version.schema,
  subresources: (version: CrdVersion) => version.subresources,
  columns: ({ additionalPrinterColumns: columns = [] }: CrdVersion) => (columns.length === 0 ? undefined : columns),
  selectableFields: ({ selectableFields: fields = [] }: CrdVersion) => (fields.length === 0 ? undefined : fields),
};

function isShared(versions: CrdVersion[], part: Part): boolean {
  const values = versions.map(shared[part]);
  return values[0] !== undefined && values.every((value) => sameJson(value, values[0]));
}

function checkPart(part: Part, version: CrdVersion, field: string, schemaField: string): FieldError[] {
  const { schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version;
  const hasStatus = subresources?.status !== undefined;
  switch (part) {
    case 'schema':
      return schema?.openAPIV3Schema === undefined
        ? []
        : checkSchema(schema.openAPIV3Schema, hasStatus, `${schemaField}.openAPIV3Schema`);
    case 'subresources':
      return checkSubresources(subresources ?? {}, `${field}.subresources`);
    case 'columns':
      return checkColumns(additionalPrinterColumns, `${field}.additionalPrinterColumns`);
    case 'selectableFields':
      return checkSelectableFields(selectableFields, schema?.openAPIV3Schema, `${field}.selectableFields`);
  }
}

const inOrder: Part[] = ['schema', 'subresources', 'columns', 'selectableFields'];

/** Validates `spec.versions`. The errors of `spec.names` come in between, as in a kube-apiserver. */
export function checkVersions({ versions = [] }: CustomResourceDefinition['spec'], names: FieldError[]): FieldError[] {
  const [first] = versions;
  const common = inOrder.filter((part) => isShared(versions, part));
  const own = inOrder.filter((part) => !common.includes(part));
  const at = (index: number): string => `spec.versions[${index}]`;
  const missing = versions.flatMap((version, index) =>
    version.schema?.openAPIV3Schema === undefined ? [required(`${at(index)}.schema.openAPIV3Schema`)] : [],
  );
  const listed = versions.map((one) => one.name).join(',');
  return [
    ...missing,
    ...versions.flatMap((version, index) => [
      ...checkLabel(version.name, `${at(index)}.name`),
      ...checkDeprecation(version, at(index)),
      ...own.flatMap((part) => checkPart(part, version, at(index), `${at(index)}.schema`)),
    ]),
    ...(new Set(versions.map((one) => one.name)).size < versions.length
      ? [invalid('spec.versions', listed, 'must contain unique version names')]
      : []),
    ...(versions.filter((one) => one.storage).length === 1
      ? []
      : [invalid('spec.versions', listed, 'must have exactly one version marked as storage version')]),
    ...(first === undefined ? [] : checkLabel(first.name, 'spec.version')),
    ...names,
    ...(first === undefined ? [] : common.flatMap((part) => checkPart(part, first, 'spec', 'spec.validation'))),
  ];
}
