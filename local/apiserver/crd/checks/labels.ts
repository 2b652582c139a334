import { invalid } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { dnsLabel1035Problems } from '../../names.ts';

/** The errors in a DNS label. */
export function checkLabel(text: string, field: string): FieldError[] {
  const problems = dnsLabel1035Problems(text);
  return problems.length === 0 ? [] : [invalid(field, text, problems.join(','))];
}

/** The same, with capital letters allowed. */
export function checkMixedCaseLabel(text: string, field: string): FieldError[] {
  const problems = dnsLabel1035Problems(text.toLowerCase());
  if (problems.length === 0) return [];
  return [invalid(field, text, `may have mixed case, but should otherwise match: ${problems.join(',')}`)];
}
