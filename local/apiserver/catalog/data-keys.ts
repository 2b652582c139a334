import { invalid } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject } from '../object.ts';

const MAX_KEY_LENGTH = 253;

/** The errors in a key of a ConfigMap or Secret, which becomes a file name (IsConfigMapKey). */
function keyProblems(key: string): string[] {
  const problems: string[] = [];
  if (key.length > MAX_KEY_LENGTH) problems.push(`must be no more than ${MAX_KEY_LENGTH} characters`);
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    problems.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.' || key === '..') problems.push(`must not be '${key}'`);
  else if (key.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** The keys of `data` (at `field`) that can't be file names, as a kube-apiserver reports them. */
export function checkDataKeys(data: unknown, field: string): FieldError[] {
  if (!isObject(data)) return [];
  return Object.keys(data).flatMap((key) =>
    keyProblems(key).map((problem) => invalid(`${field}[${key}]`, key, problem)),
  );
}
