import type { ResourceType } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { validateName } from '../names.ts';
import type { KubeObject } from '../object.ts';
import { validate } from '../schema/validate.ts';

const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const nameRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

function checkLabels(labels: Record<string, string>): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(qualifiedName.test(key) ? [] : [invalid('metadata.labels', key, nameRule)]),
    ...(value.length > 63 ? [invalid('metadata.labels', value, 'must be no more than 63 bytes')] : []),
    ...(labelValue.test(value) ? [] : [invalid('metadata.labels', value, valueRule)]),
  ]);
}

function checkAnnotations(annotations: Record<string, string>): FieldError[] {
  const sizeBytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  const errors = Object.keys(annotations).flatMap((key) =>
    qualifiedName.test(key.toLowerCase()) ? [] : [invalid('metadata.annotations', key, nameRule)],
  );
  if (sizeBytes > MAX_ANNOTATIONS_BYTES) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`,
    });
  }
  return errors;
}

function checkOwners(object: KubeObject): FieldError[] {
  return (object.metadata.ownerReferences ?? []).flatMap((owner) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const).flatMap((key) => {
      if (typeof owner[key] === 'string' && owner[key] !== '') return [];
      const problem = key === 'apiVersion' ? 'version must not be empty' : 'must not be empty';
      return [invalid(`metadata.ownerReferences.${key}`, '', problem)];
    }),
  );
}

function checkMetadata(type: ResourceType, object: KubeObject): FieldError[] {
  const { metadata } = object;
  return [
    ...validateName(metadata.name, type.nameRule),
    ...checkLabels(metadata.labels ?? {}),
    ...checkAnnotations(metadata.annotations ?? {}),
    ...checkOwners(object),
  ];
}

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
