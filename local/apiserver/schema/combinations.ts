import { invalid } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import type { Schema } from './schema.ts';

/** The errors in a value, and how many parts of its schema were checked: the errors of the best alternative are reported. */
export interface Result {
  errors: FieldError[];
  matches: number;
}

type Check = (schema: Schema, value: unknown, path: string) => Result;

export const none = (): Result => ({ errors: [], matches: 0 });

/** All in one, without duplicates. */
export function merged(results: Result[]): Result {
  const errors = new Map<string, FieldError>();
  for (const error of results.flatMap((one) => one.errors)) {
    const key = `${error.field}: ${error.message}`;
    if (!errors.has(key)) errors.set(key, error);
  }
  return { errors: [...errors.values()], matches: results.reduce((sum, one) => sum + one.matches, 0) };
}

/** As in kube-apiserver, errors of combinations have no field. */
function about(path: string, problem: string): Result {
  return { errors: [invalid('<nil>', '', `${JSON.stringify(path)} must ${problem}`)], matches: 0 };
}

function best(results: Result[]): Result {
  return results.reduce((found, one) => (one.matches > found.matches ? one : found), results[0] ?? none());
}

const isValid = ({ errors }: Result): boolean => errors.length === 0;

function checkAnyOf(results: Result[], path: string): Result {
  const fits = results.find(isValid);
  return fits ?? merged([about(path, 'validate at least one schema (anyOf)'), best(results)]);
}

function checkOneOf(results: Result[], path: string): Result {
  const fitting = results.filter(isValid);
  const [only] = fitting;
  if (fitting.length === 1 && only !== undefined) return only;
  const problem = 'validate one and only one schema (oneOf). Found';
  if (fitting.length > 1) return about(path, `${problem} ${fitting.length} valid alternatives`);
  return merged([about(path, `${problem} none valid`), best(results)]);
}

function checkAllOf(results: Result[], path: string): Result {
  const valid = results.filter(isValid).length;
  if (valid === results.length) return merged(results);
  return merged([...results, about(path, `validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`)]);
}

/** `anyOf`, `oneOf`, `allOf` and `not` of a schema, in the order and the words of kube-openapi. */
export function checkCombinations(schema: Schema, value: unknown, path: string, check: Check): Result {
  const all = (schemas: Schema[]): Result[] => schemas.map((one) => check(one, value, path));
  const { anyOf, oneOf, allOf, not } = schema;
  return merged([
    ...(anyOf === undefined ? [] : [checkAnyOf(all(anyOf), path)]),
    ...(oneOf === undefined ? [] : [checkOneOf(all(oneOf), path)]),
    ...(allOf === undefined ? [] : [checkAllOf(all(allOf), path)]),
    ...(not === undefined || !isValid(check(not, value, path)) ? [] : [about(path, 'not validate the schema (not)')]),
  ]);
}
