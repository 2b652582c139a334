import type { ResourceType } from '../catalog/resource-type.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';
import { validateCustomResource } from '../crd/validate.ts';
import { checkAnyMetadata, checkMetadata, checkMetadataUpdate } from './validate-metadata.ts';

/** Subresources of built-in types are not validated like the object. */
function checkContent(type: ResourceType, object: KubeObject, change?: ValidatedChange): FieldError[] {
  const { old, subresource, warnings = [] } = change ?? {};
  if (type.builtIn && subresource !== undefined) return [];
  return [
    ...(type.builtIn ? [] : validateCustomResource(type.schema, object, old, subresource, warnings)),
    ...(type.strategy.validate?.(object) ?? []),
  ];
}

/** `sent`: the submitted version and kind, which may be wrong for a custom resource. */
function refuse(type: ResourceType, object: KubeObject, errors: FieldError[], sent = object): void {
  if (errors.length === 0) return;
  const [, group = ''] = sent.apiVersion.split('/').reverse();
  throw invalidObject(type.builtIn ? type : { group, kind: sent.kind }, object.metadata.name ?? '', errors);
}

/** A custom resource may have another kind or, after a patch, another version. */
function checkTypeMeta(type: ResourceType, { apiVersion, kind }: KubeObject): FieldError[] {
  if (type.builtIn) return [];
  const expected = apiVersionOf(type);
  return [
    ...(kind === type.kind ? [] : [invalid('kind', kind, `must be ${type.kind}`)]),
    ...(apiVersion === expected ? [] : [invalid('apiVersion', apiVersion, `must be ${expected}`)]),
  ];
}

/** Throws 422 with all errors in a new object: first those of its type, then those for all types. */
export function validateNew(type: ResourceType, object: KubeObject): void {
  refuse(type, object, checkTypeMeta(type, object));
  const metadata = type.strategy.ignoresMetadata === true ? [] : checkMetadata(type, object);
  refuse(type, object, [...metadata, ...checkContent(type, object)]);
  refuse(type, object, checkAnyMetadata(object, 'path-segment'));
}

/** An update: the submitted object, its metadata that counts, the stored object, and whether it is a subresource. */
export interface ValidatedChange {
  sent: KubeObject;
  submitted: ObjectMeta;
  old: KubeObject;
  subresource: string | undefined;
  /** The warnings for the client; this adds to them. */
  warnings: string[];
}

/** Throws 422 with all errors in a changed object, or in the change. */
export function validateChanged(type: ResourceType, object: KubeObject, change: ValidatedChange): void {
  const { sent, submitted, old, subresource } = change;
  const { isValidatedAnew = false, validateUpdate } = type.strategy;
  const isWhole = subresource === undefined;
  const content = [
    ...(isWhole && isValidatedAnew ? checkMetadata(type, object) : []),
    ...checkContent(type, object, change),
  ];
  const typeMeta = checkTypeMeta(type, object);
  const metadata = checkMetadataUpdate(type, object, submitted, old, typeMeta.length > 0);
  if (typeMeta.length > 0) refuse(type, object, [...metadata, ...typeMeta], sent);
  refuse(
    type,
    object,
    [...metadata, ...(isWhole && validateUpdate !== undefined ? validateUpdate(object, old, content) : content)],
    sent,
  );
}
