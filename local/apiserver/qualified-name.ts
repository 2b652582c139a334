const MAX_NAME_BYTES = 63;
const MAX_PREFIX_BYTES = 253;
const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const valuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
export const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const tooLong = (max: number, unit = 'bytes'): string => `must be no more than ${max} ${unit}`;

/** The errors in a DNS subdomain (IsDNS1123Subdomain); messages for a prefix have another `unit`. */
export function subdomainProblems(value: string, unit: 'characters' | 'bytes' = 'characters'): string[] {
  return [
    ...(value.length > MAX_PREFIX_BYTES ? [tooLong(MAX_PREFIX_BYTES, unit)] : []),
    ...(subdomainPattern.test(value) ? [] : [SUBDOMAIN_RULE]),
  ];
}

/** The errors in `[prefix/]name`, the form of label and annotation keys and of finalizers (IsQualifiedName). */
export function qualifiedNameProblems(value: string): string[] {
  const parts = value.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2)
    return [`a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const prefixProblems =
    prefix === '' ? ['must be non-empty'] : prefix === undefined ? [] : subdomainProblems(prefix, 'bytes');
  const nameProblems = [
    ...(name === '' ? ['must be non-empty'] : []),
    ...(name.length > MAX_NAME_BYTES ? [tooLong(MAX_NAME_BYTES)] : []),
    ...(namePattern.test(name) ? [] : [nameRule]),
  ];
  return [
    ...prefixProblems.map((problem) => `prefix part ${problem}`),
    ...nameProblems.map((problem) => `name part ${problem}`),
  ];
}

/** The errors in a label's value (IsValidLabelValue). */
export function labelValueProblems(value: string): string[] {
  return [
    ...(value.length > MAX_NAME_BYTES ? [tooLong(MAX_NAME_BYTES)] : []),
    ...(valuePattern.test(value) ? [] : [valueRule]),
  ];
}
