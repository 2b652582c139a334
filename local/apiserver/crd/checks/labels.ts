import { invalid } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';

const MAX_LENGTH = 63;
const pattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** What is wrong with a DNS label that starts with a letter (IsDNS1035Label). */
function labelProblems(text: string): string[] {
  return [
    ...(text.length > MAX_LENGTH ? [`must be no more than ${MAX_LENGTH} characters`] : []),
    ...(pattern.test(text) ? [] : [RULE]),
  ];
}

export function checkLabel(text: string, field: string): FieldError[] {
  const problems = labelProblems(text);
  return problems.length === 0 ? [] : [invalid(field, text, problems.join(','))];
}

/** The same for a name that may have capital letters. */
export function checkMixedCaseLabel(text: string, field: string): FieldError[] {
  const problems = labelProblems(text.toLowerCase());
  if (problems.length === 0) return [];
  return [invalid(field, text, `may have mixed case, but should otherwise match: ${problems.join(',')}`)];
}
