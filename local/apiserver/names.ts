import { randomInt } from 'node:crypto';
import { invalid, required } from './field-errors.ts';
import type { FieldError } from './field-errors.ts';
import { subdomainProblems } from './qualified-name.ts';

/** Without vowels and similar characters, as in Kubernetes, so that no suffix is a word. */
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH;

const MAX_LABEL_LENGTH = 63;
const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const label1035Pattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

export type NameRule = 'subdomain' | 'label' | 'path-segment';

/** A name from `metadata.generateName`: the base, cut to 58 characters, and 5 random ones. */
export function generatedName(base: string): string {
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => suffixAlphabet[randomInt(suffixAlphabet.length)]).join('');
  return base.slice(0, MAX_BASE_LENGTH) + suffix;
}

/** The errors in a DNS label (IsDNS1123Label). */
export function dnsLabelProblems(name: string): string[] {
  return [
    ...(name.length > MAX_LABEL_LENGTH ? [`must be no more than ${MAX_LABEL_LENGTH} characters`] : []),
    ...(labelPattern.test(name) ? [] : [subdomainProblems(name).length === 0 ? 'must not contain dots' : LABEL_RULE]),
  ];
}

/** The errors in a DNS label that starts with a letter (IsDNS1035Label). */
export function dnsLabel1035Problems(name: string): string[] {
  return [
    ...(name.length > MAX_LABEL_LENGTH ? [`must be no more than ${MAX_LABEL_LENGTH} characters`] : []),
    ...(label1035Pattern.test(name) ? [] : [LABEL_1035_RULE]),
  ];
}

function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((character) => name.includes(character)).map((one) => `may not contain '${one}'`);
}

const problemsBy: Record<NameRule, (name: string) => string[]> = {
  subdomain: (name) => subdomainProblems(name),
  label: dnsLabelProblems,
  'path-segment': pathSegmentProblems,
};

/** The errors in an object's name. */
export function validateName(name: string | undefined, rule: NameRule): FieldError[] {
  if (name === undefined || name === '') return [required('metadata.name', 'name or generateName is required')];
  return problemsBy[rule](name).map((problem) => invalid('metadata.name', name, problem));
}

/** The same for the base of a generated name, which may end with a dash. */
export function validateGenerateName(base: string | undefined, rule: NameRule): FieldError[] {
  if (base === undefined || base === '') return [];
  const masked = base.length > 1 ? base.replace(/.-$/, 'a') : base;
  return problemsBy[rule](masked).map((problem) => invalid('metadata.generateName', base, problem));
}
