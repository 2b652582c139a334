import type { ResourceType } from '../catalog/resource-type.ts';
import { forbiddenField, invalid } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { validateGenerateName, validateName } from '../names.ts';
import type { NameRule } from '../names.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../object.ts';
import { labelValueProblems, qualifiedNameProblems } from '../qualified-name.ts';

const MAX_ANNOTATIONS_BYTES = 256 * 1024;
const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

function checkLabels(labels: Record<string, string>): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid('metadata.labels', key, problem)),
    ...labelValueProblems(value).map((problem) => invalid('metadata.labels', value, problem)),
  ]);
}

/** Keys are case-insensitive. */
function checkAnnotations(annotations: Record<string, string>): FieldError[] {
  const sizeBytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  const errors = Object.keys(annotations).flatMap((key) =>
    qualifiedNameProblems(key.toLowerCase()).map((problem) => invalid('metadata.annotations', key, problem)),
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

const OWNERS = 'metadata.ownerReferences';

/** As Go writes it. */
function inOrder(owner: Partial<OwnerReference>): object {
  const { apiVersion = '', kind = '', name = '', uid = '', ...flags } = owner;
  return { apiVersion, kind, name, uid, ...flags };
}

function checkOwner(owner: Partial<OwnerReference>): FieldError[] {
  const { apiVersion = '' } = owner;
  const empty = (['kind', 'name', 'uid'] as const).filter((key) => (owner[key] ?? '') === '');
  return [
    ...(apiVersion.split('/').at(-1) === ''
      ? [invalid(`${OWNERS}.apiVersion`, apiVersion, 'version must not be empty')]
      : []),
    ...empty.map((key) => invalid(`${OWNERS}.${key}`, '', 'must not be empty')),
    ...(apiVersion === 'v1' && owner.kind === 'Event'
      ? [invalid(OWNERS, inOrder(owner), '/v1, Kind=Event is disallowed from being an owner')]
      : []),
  ];
}

function checkOwners(owners: OwnerReference[]): FieldError[] {
  const [first, ...others] = owners.filter((owner) => owner.controller === true);
  const named = (owner: OwnerReference | undefined): string => `${owner?.kind ?? ''}/${owner?.name ?? ''}`;
  const second = others.map((other) =>
    invalid(
      OWNERS,
      owners.map(inOrder),
      `Only one reference can have Controller set to true. Found "true" in references for ${named(first)} and ${named(other)}`,
    ),
  );
  return [...owners.flatMap(checkOwner), ...second];
}

function checkFinalizers(finalizers: string[]): FieldError[] {
  const errors = finalizers.flatMap((one) =>
    qualifiedNameProblems(one).map((problem) => invalid('metadata.finalizers', one, problem)),
  );
  if (finalizers.includes(FOREGROUND) && finalizers.includes(ORPHAN))
    errors.push(invalid('metadata.finalizers', finalizers, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`));
  return errors;
}

/** Kubernetes' finalizers. Others need a prefix on built-in types. */
const standardFinalizers = ['kubernetes', ORPHAN, FOREGROUND];
const otherGroups = ['apiextensions.k8s.io', 'admissionregistration.k8s.io', 'coordination.k8s.io'];

function checkStandard(type: ResourceType, finalizers: string[]): FieldError[] {
  if (!type.builtIn || otherGroups.includes(type.group)) return [];
  return finalizers.flatMap((one, index) =>
    one.includes('/') || standardFinalizers.includes(one)
      ? []
      : [
          invalid(
            `metadata.finalizers[${index}]`,
            one,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  );
}

/** The errors in any object's metadata (the API machinery's ValidateObjectMetaAccessor). */
export function checkAnyMetadata({ metadata }: KubeObject, rule: NameRule): FieldError[] {
  return [
    ...validateGenerateName(metadata.generateName, rule),
    ...validateName(metadata.name, rule),
    ...checkLabels(metadata.labels ?? {}),
    ...checkAnnotations(metadata.annotations ?? {}),
    ...checkOwners(metadata.ownerReferences ?? []),
    ...checkFinalizers(metadata.finalizers ?? []),
  ];
}

/** The same for a new object of a type (ValidateObjectMeta). */
export function checkMetadata(type: ResourceType, object: KubeObject): FieldError[] {
  return [...checkAnyMetadata(object, type.nameRule), ...checkStandard(type, object.metadata.finalizers ?? [])];
}

function checkNewFinalizers(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  if (old.deletionTimestamp === undefined) return [];
  const added = (metadata.finalizers ?? []).filter((one) => !(old.finalizers ?? []).includes(one));
  if (added.length === 0) return [];
  const list = [...new Set(added)].sort().map((one) => JSON.stringify(one));
  const problem = 'no new finalizers can be added if the object is being deleted, found new finalizers';
  return [forbiddenField('metadata.finalizers', `${problem} []string{${list.join(', ')}}`)];
}

/** The submitted immutable fields. Absent ones stay unchanged. */
function checkFixed(submitted: ObjectMeta, old: ObjectMeta): FieldError[] {
  const keys = ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
  return keys.flatMap((key) => {
    const [given, stored] = [submitted[key], old[key]];
    const isLeft = given === undefined || given === '' || (key === 'deletionTimestamp' && stored !== undefined);
    return isLeft || given === stored ? [] : [invalid(`metadata.${key}`, given, 'field is immutable')];
  });
}

function checkUpdate({ metadata }: KubeObject, submitted: ObjectMeta, old: ObjectMeta): FieldError[] {
  return [
    ...checkNewFinalizers(metadata, old),
    ...checkFixed(submitted, old),
    ...checkLabels(metadata.labels ?? {}),
    ...checkAnnotations(metadata.annotations ?? {}),
    ...checkOwners(metadata.ownerReferences ?? []),
  ];
}

/**
 * The errors in an object's metadata after an update with `submitted`: first those of the API machinery, then, except for Events and if
 * `isUntyped`, those of the type itself (ValidateObjectMetaUpdate).
 */
export function checkMetadataUpdate(
  type: ResourceType,
  object: KubeObject,
  submitted: ObjectMeta,
  old: KubeObject,
  isUntyped = false,
): FieldError[] {
  const update = checkUpdate(object, submitted, old.metadata);
  const own = isUntyped || type.strategy.ignoresMetadata === true ? [] : update;
  const standard = type.strategy.ignoresMetadata === true ? [] : checkStandard(type, object.metadata.finalizers ?? []);
  return [...checkAnyMetadata(object, 'path-segment'), ...update, ...own, ...standard];
}
