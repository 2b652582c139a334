import { invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { validateName } from '../../names.ts';

const MAX_PART_LENGTH = 63;
const part = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const value = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const partRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
const nameRule = `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
const valueRule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`;

/** What is wrong with a DNS subdomain, as the text after the value. */
export function subdomainProblems(name: string): string[] {
  const [error] = validateName(name, 'subdomain');
  return error === undefined ? [] : [error.message.replace(/^Invalid value: "(?:[^"\\]|\\.)*": /, '')];
}

function qualifiedNameProblems(text: string): string[] {
  const parts = text.split('/');
  if (parts.length > 2) return [nameRule];
  const [prefix, name = ''] = parts.length === 2 ? parts : [undefined, parts[0]];
  const problems: string[] = [];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined) problems.push(...subdomainProblems(prefix).map((one) => `prefix part ${one}`));
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > MAX_PART_LENGTH) problems.push(`name part must be no more than ${MAX_PART_LENGTH} characters`);
  if (!part.test(name)) problems.push(`name part ${partRule}`);
  return problems;
}

/** Kubernetes' rule for label keys and condition names: an optional DNS subdomain and a slash, then up to 63 characters. */
export function checkQualifiedName(name: string, field: string): FieldError[] {
  return qualifiedNameProblems(name).map((problem) => invalid(field, name, problem));
}

export function checkLabelValue(text: string, field: string): FieldError[] {
  const problems = [
    ...(text.length > MAX_PART_LENGTH ? [`must be no more than ${MAX_PART_LENGTH} bytes`] : []),
    ...(value.test(text) ? [] : [valueRule]),
  ];
  return problems.map((problem) => invalid(field, text, problem));
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
