import type { Strategy } from '../catalog/resource-type.ts';
import { forbiddenField, invalid, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { checkGroup, checkNames } from './checks/names.ts';
import { checkVersions } from './checks/versions.ts';
import { asDefinition } from './types.ts';
import type { CrdNames, CustomResourceDefinition } from './types.ts';

const KEPT = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';

function checkConversion({ conversion }: CustomResourceDefinition['spec']): FieldError[] {
  return conversion?.strategy === 'None'
    ? []
    : [forbiddenField('spec.conversion.strategy', 'the embedded API server converts with strategy None only')];
}

function validateDefinition(object: KubeObject): FieldError[] {
  const { spec } = asDefinition(object);
  if (!isObject(spec)) return [required('spec')];
  const names: Partial<CrdNames> = isObject(spec.names) ? spec.names : {};
  const name = `${names.plural ?? ''}.${spec.group}`;
  return [
    ...(object.metadata.name === name
      ? []
      : [invalid('metadata.name', object.metadata.name ?? '', 'must be spec.names.plural+"."+spec.group')]),
    ...checkGroup(spec),
    ...checkVersions(spec, checkNames(names)),
    ...checkConversion(spec),
    ...(spec.preserveUnknownFields === true ? [invalid('spec.preserveUnknownFields', true, KEPT)] : []),
  ];
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  return (status?.conditions ?? []).some((one) => one.type === 'Established' && one.status === 'True');
}

function checkFixed(next: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const kept: [string, string | undefined, string | undefined][] = [
    ...(isEstablished(old)
      ? ([
          ['scope', next.spec.scope, old.spec.scope],
          ['names.kind', next.spec.names.kind, old.spec.names.kind],
        ] as [string, string, string][])
      : []),
    ['group', next.spec.group, old.spec.group],
    ['names.plural', next.spec.names.plural, old.spec.names.plural],
  ];
  return kept
    .filter(([, value, was]) => value !== was)
    .map(([field, value]) => invalid(`spec.${field}`, value ?? '', 'field is immutable'));
}

function checkStored({ spec, status }: CustomResourceDefinition): FieldError[] {
  const known = spec.versions.map((version) => version.name);
  return (status?.storedVersions ?? []).flatMap((name, index) =>
    known.includes(name)
      ? []
      : [
          invalid(
            `status.storedVersions[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );
}

export const crdStrategy: Strategy = {
  needsVersion: true,
  applyDefaults(object) {
    const { spec } = asDefinition(object);
    if (!isObject(spec)) return;
    spec.conversion ??= {};
    spec.conversion.strategy ??= 'None';
    const { kind } = isObject(spec.names) ? spec.names : {};
    if (typeof kind === 'string' && kind !== '') {
      spec.names.singular ||= kind.toLowerCase();
      spec.names.listKind ||= `${kind}List`;
    }
  },
  /** The server sets accepted names and conditions afterwards. */
  prepareForCreate(object) {
    const { spec } = asDefinition(object);
    const stored = (spec?.versions ?? []).flatMap((version) => (version.storage ? [version.name] : []));
    object['status'] = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored };
  },
  /** A new storage version is added to storedVersions. */
  prepareForUpdate(object) {
    const { spec, status } = asDefinition(object);
    const storage = (spec.versions ?? []).find((version) => version.storage)?.name;
    if (storage === undefined || status === undefined) return;
    object['status'] = { ...status, storedVersions: [...new Set([...(status.storedVersions ?? []), storage])] };
  },
  validate: validateDefinition,
  validateUpdate(object, old, content) {
    const [next, current] = [asDefinition(object), asDefinition(old)];
    const wrong = content.filter(({ field }) => field !== 'metadata.name');
    return [...wrong, ...checkFixed(next, current), ...checkStored(next)];
  },
};
