import type { Strategy } from '../catalog/resource-type.ts';
import { forbiddenField, invalid, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { compileJsonPath } from '../table/json-path.ts';
import { asDefinition } from './types.ts';
import type { CrdVersion, CustomResourceDefinition } from './types.ts';

function checkColumns(version: CrdVersion, field: string): FieldError[] {
  return (version.additionalPrinterColumns ?? []).flatMap(({ jsonPath }, index) => {
    try {
      compileJsonPath(jsonPath);
      return [];
    } catch (error: unknown) {
      return [
        invalid(
          `${field}.additionalPrinterColumns[${index}].jsonPath`,
          jsonPath,
          error instanceof Error ? error.message : String(error),
        ),
      ];
    }
  });
}

function checkVersion(version: CrdVersion, field: string): FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) return [required(`${field}.schema.openAPIV3Schema`, 'schemas are required')];
  if (schema.type !== 'object')
    return [invalid(`${field}.schema.openAPIV3Schema.type`, schema.type ?? '', 'must be object')];
  return checkColumns(version, field);
}

function checkNames(object: KubeObject, spec: CustomResourceDefinition['spec']): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.group) errors.push(required('spec.group'));
  if (!spec.names?.plural) errors.push(required('spec.names.plural'));
  if (!spec.names?.kind) errors.push(required('spec.names.kind'));
  if (object.metadata.name !== `${spec.names?.plural ?? ''}.${spec.group}`) {
    errors.push(invalid('metadata.name', object.metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'));
  }
  return errors;
}

function validateDefinition(object: KubeObject): FieldError[] {
  const { spec } = asDefinition(object);
  if (!isObject(spec)) return [required('spec')];
  const errors = checkNames(object, spec);
  if (!['Namespaced', 'Cluster'].includes(spec.scope))
    errors.push(notSupported('spec.scope', spec.scope ?? '', ['Cluster', 'Namespaced']));
  const versions = spec.versions ?? [];
  if (versions.filter((one) => one.storage).length !== 1) {
    errors.push(
      invalid(
        'spec.versions',
        versions.map((one) => one.name).join(','),
        'must have exactly one version marked as storage version',
      ),
    );
  }
  versions.forEach((version, index) => errors.push(...checkVersion(version, `spec.versions[${index}]`)));
  if (spec.conversion?.strategy !== 'None') {
    errors.push(forbiddenField('spec.conversion.strategy', 'the embedded API server converts with strategy None only'));
  }
  return errors;
}

export const crdStrategy: Strategy = {
  applyDefaults(object) {
    const { spec } = asDefinition(object);
    if (!isObject(spec)) return;
    spec.conversion ??= {};
    spec.conversion.strategy ??= 'None';
    if (isObject(spec.names) && typeof spec.names.kind === 'string') {
      spec.names.singular ??= spec.names.kind.toLowerCase();
      spec.names.listKind ??= `${spec.names.kind}List`;
    }
  },
  /** Its names are accepted and its conditions set by the server afterwards. */
  prepareForCreate(object) {
    const { spec } = asDefinition(object);
    const stored = (spec?.versions ?? []).flatMap((version) => (version.storage ? [version.name] : []));
    object['status'] = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored };
  },
  validate: validateDefinition,
};
