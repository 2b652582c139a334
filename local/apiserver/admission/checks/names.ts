import { invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../../qualified-name.ts';

/** Kubernetes' rule for label keys and condition names: an optional DNS subdomain and a slash, then up to 63 characters. */
export function checkQualifiedName(name: string, field: string): FieldError[] {
  return qualifiedNameProblems(name).map((problem) => invalid(field, name, problem));
}

export function checkLabelValue(text: string, field: string): FieldError[] {
  return labelValueProblems(text).map((problem) => invalid(field, text, problem));
}

/** A domain of at least three parts. */
export function checkFullyQualifiedName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const problems = subdomainProblems(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(','))];
  return name.split('.').length >= 3
    ? []
    : [invalid(field, name, 'should be a domain with at least three segments separated by dots')];
}
