import type { ResourceType } from '../catalog/resource-type.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';
import { validateCustomResource } from '../crd/validate.ts';
import { checkAnyMetadata, checkMetadata, checkMetadataUpdate } from './validate-metadata.ts';

/** The content of a subresource is of built-in types not validated as that of the object is. */
function checkContent(type: ResourceType, object: KubeObject, change?: ValidatedChange): FieldError[] {
  const { old, subresource, warnings = [] } = change ?? {};
  if (type.builtIn && subresource !== undefined) return [];
  return [
    ...(type.builtIn ? [] : validateCustomResource(type.schema, object, old, subresource, warnings)),
    ...(type.strategy.validate?.(object) ?? []),
  ];
}

/** `sent`: where a custom resource's version and kind are said, which may not be its own. */
function refuse(type: ResourceType, object: KubeObject, errors: FieldError[], sent = object): void {
  if (errors.length === 0) return;
  const [, group = ''] = sent.apiVersion.split('/').reverse();
  throw invalidObject(type.builtIn ? type : { group, kind: sent.kind }, object.metadata.name ?? '', errors);
}

/** A custom resource may say that it is of another kind or, when it is patched, of another version. */
function checkTypeMeta(type: ResourceType, { apiVersion, kind }: KubeObject): FieldError[] {
  if (type.builtIn) return [];
  const expected = apiVersionOf(type);
  return [
    ...(kind === type.kind ? [] : [invalid('kind', kind, `must be ${type.kind}`)]),
    ...(apiVersion === expected ? [] : [invalid('apiVersion', apiVersion, `must be ${expected}`)]),
  ];
}

/** Throws 422 with everything that is wrong with a new object: first what its type finds, then what holds for all types. */
export function validateNew(type: ResourceType, object: KubeObject): void {
  refuse(type, object, checkTypeMeta(type, object));
  const metadata = type.strategy.ignoresMetadata === true ? [] : checkMetadata(type, object);
  refuse(type, object, [...metadata, ...checkContent(type, object)]);
  refuse(type, object, checkAnyMetadata(object, 'path-segment'));
}

/** An object's change: what was sent, what of it is taken for its metadata, what was stored, and whether it is of the object or a subresource. */
export interface ValidatedChange {
  sent: KubeObject;
  submitted: ObjectMeta;
  old: KubeObject;
  subresource: string | undefined;
  /** What the client is told of; this adds to it. */
  warnings: string[];
}

/** Throws 422 with everything that is wrong with a changed object, or with the change. */
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
