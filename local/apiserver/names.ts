import { randomInt } from 'node:crypto';
import { invalid, required } from './field-errors.ts';
import type { FieldError } from './field-errors.ts';

/** Kubernetes leaves vowels and look-alikes out, so that no suffix spells a word. */
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainPattern = new RegExp(`^${label}(\\.${label})*$`);
const labelPattern = new RegExp(`^${label}$`);

export type NameRule = 'subdomain' | 'label' | 'path-segment';

/** A name from `metadata.generateName`: the base, cut to 58 characters, and 5 random ones. */
export function generatedName(base: string): string {
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => suffixAlphabet[randomInt(suffixAlphabet.length)]).join('');
  return base.slice(0, MAX_BASE_LENGTH) + suffix;
}

function nameProblem(name: string, rule: NameRule): string | undefined {
  if (rule === 'path-segment') {
    return name === '.' || name === '..' || /[/%]/.test(name)
      ? `may not be '.', '..' or contain '/' or '%'`
      : undefined;
  }
  if (rule === 'label') {
    if (name.length > 63) return 'must be no more than 63 bytes';
    return labelPattern.test(name)
      ? undefined
      : `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
  }
  if (name.length > 253) return 'must be no more than 253 bytes';
  return subdomainPattern.test(name)
    ? undefined
    : `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
}

/** What is wrong with an object's name, in the API server's words. */
export function validateName(name: string | undefined, rule: NameRule): FieldError[] {
  if (name === undefined || name === '') return [required('metadata.name', 'name or generateName is required')];
  const problem = nameProblem(name, rule);
  return problem === undefined ? [] : [invalid('metadata.name', name, problem)];
}
