import { invalid, notSupported, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { subdomainProblems } from '../../qualified-name.ts';
import type { CrdNames, CustomResourceDefinition } from '../types.ts';
import { checkLabel, checkMixedCaseLabel } from './labels.ts';

const scopes = ['Cluster', 'Namespaced'];

/** Its group and scope. */
export function checkGroup({ group = '', scope }: Partial<CustomResourceDefinition['spec']>): FieldError[] {
  const problems = subdomainProblems(group);
  const ofGroup =
    group === ''
      ? [required('spec.group')]
      : problems.length > 0
        ? [invalid('spec.group', group, problems.join(','))]
        : group.includes('.')
          ? []
          : [invalid('spec.group', group, 'should be a domain with at least one dot')];
  const ofScope =
    scope === undefined || (scope as string) === ''
      ? [required('spec.scope')]
      : scopes.includes(scope)
        ? []
        : [notSupported('spec.scope', scope, scopes)];
  return [...ofGroup, ...ofScope];
}

function checkForms(names: Partial<CrdNames>, field: string): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names;
  return [
    ...(plural === '' ? [] : checkLabel(plural, `${field}.plural`)),
    ...(singular === '' ? [] : checkLabel(singular, `${field}.singular`)),
    ...(kind === '' ? [] : checkMixedCaseLabel(kind, `${field}.kind`)),
    ...(listKind === '' ? [] : checkMixedCaseLabel(listKind, `${field}.listKind`)),
    ...shortNames.flatMap((name, index) => checkLabel(name, `${field}.shortNames[${index}]`)),
    ...(kind !== '' && kind === listKind
      ? [invalid(`${field}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, index) => checkLabel(name, `${field}.categories[${index}]`)),
  ];
}

/** Validates `spec.names`. */
export function checkNames(names: Partial<CrdNames>): FieldError[] {
  const missing = (['plural', 'singular', 'kind', 'listKind'] as const).filter((key) => (names[key] ?? '') === '');
  return [...missing.map((key) => required(`spec.names.${key}`)), ...checkForms(names, 'spec.names')];
}
