import type { Attributes } from '@opentelemetry/api';

import type { Matrix, Param, PipelineTask } from '../../shared/tekton/types.ts';

/** Upstream's default limit (`default-max-matrix-combinations-count`). A skipped matrix with more is one span. */
const MAX_SKIPPED_MEMBERS = 256;
const MAX_VALUE_CHARS = 30;
const MAX_LABEL_CHARS = 80;

/** The values of one member of a matrix, by param, in the Pipeline's order. */
export type Combination = ReadonlyMap<string, string>;

export const NO_COMBINATION: Combination = new Map();

/** The names of a matrix's params, in their order. */
function variedParams({ params = [], include = [] }: Matrix): string[] {
  return [...new Set([...params, ...include.flatMap((one) => one.params ?? [])].map(({ name }) => name))];
}

/** A run's combination: those of its params (`spec.params`) that are params of its pipeline task's matrix. */
export function combinationOf(task: PipelineTask | undefined, params: Param[] = []): Combination {
  if (!task?.matrix) return NO_COMBINATION;
  const given = new Map(params.map(({ name, value }) => [name, value]));
  return new Map(
    variedParams(task.matrix).flatMap((name): [string, string][] => {
      const value = given.get(name);
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** Whether `a` and `b` are equal in each param that both have. */
function agrees(a: Combination, b: Combination): boolean {
  return [...b].every(([name, value]) => !a.has(name) || a.get(name) === value);
}

/** The product of the arrays, with the first param changing fastest, in upstream's order of members. */
function product(params: Param[]): Combination[] {
  let all: Combination[] = [NO_COMBINATION];
  for (const { name, value } of params)
    all = (value as string[]).flatMap((one) => all.map((made) => new Map([...made, [name, one]])));
  return all;
}

/** At most so many members a matrix has; 0 if a value of a param is no array. */
function countOf({ params = [], include = [] }: Matrix): number {
  const counted = params.reduce((count, { value }) => count * (Array.isArray(value) ? value.length : 0), 1);
  return counted > 0 ? counted + include.length : 0;
}

/** Whether the combinations of a matrix are known: its values are arrays without references to results, with at most MAX_SKIPPED_MEMBERS combinations. */
function isKnown(matrix: Matrix): boolean {
  const { params = [], include = [] } = matrix;
  const strings = (value: unknown): boolean => typeof value === 'string' && !value.includes('$(');
  const count = countOf(matrix);
  return (
    count > 0 &&
    count <= MAX_SKIPPED_MEMBERS &&
    params.every(({ value }) => (value as unknown[]).every(strings)) &&
    include.every((one) => (one.params ?? []).every(({ value }) => strings(value)))
  );
}

/** What the span of a member and an attribute of it have besides the value of the param, in characters. */
const SPAN_CHARS = 500;
const ATTRIBUTE_CHARS = 100;

/** At most so many characters the spans of a skipped matrix's members have together; 0 without a matrix, and for one whose members are not known. */
export function membersChars({ matrix }: PipelineTask): number {
  if (!matrix || !isKnown(matrix)) return 0;
  const longest = (value: unknown): number => Math.max(0, ...[value].flat().map((text) => String(text).length));
  const varied = [...(matrix.params ?? []), ...(matrix.include ?? []).flatMap((one) => one.params ?? [])];
  const chars = varied.reduce((sum, { value }) => sum + ATTRIBUTE_CHARS + longest(value), SPAN_CHARS);
  return countOf(matrix) * chars;
}

/**
 * The members of a skipped pipeline task's matrix, in upstream's order (FanOut of v1.15). One member without values if there is no matrix, or if its
 * values depend on results of other tasks.
 */
export function combinationsOf({ matrix }: PipelineTask): Combination[] {
  const { params = [], include = [] } = matrix ?? {};
  if (!matrix || (params.length === 0 && include.length === 0) || !isKnown(matrix)) return [NO_COMBINATION];
  const included = include.map(
    (one) => new Map((one.params ?? []).map(({ name, value }): [string, string] => [name, value as string])),
  );
  if (params.length === 0) return included;
  let all = product(params);
  for (const extra of included) all = all.map((made) => (agrees(made, extra) ? new Map([...made, ...extra]) : made));
  for (const extra of included) {
    const isNew = extra.size > 0 && !all.some((made) => [...extra].some(([name, value]) => made.get(name) === value));
    if (isNew) all = [...all, extra];
  }
  return all;
}

function shortened(value: string, maxChars: number): string {
  const line = value.replaceAll(/\s+/g, ' ');
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1)}…`;
}

/** The suffix of a member's span name: ` (linux, chrome)`; empty without a matrix. */
export function memberLabel(combination: Combination): string {
  const values = [...combination.values()].map((value) => shortened(value, MAX_VALUE_CHARS));
  return values.length === 0 ? '' : ` (${shortened(values.join(', '), MAX_LABEL_CHARS)})`;
}

/** The attributes `tektrace.matrix.<param>` for the params of the matrix. */
export function matrixAttributes(combination: Combination): Attributes {
  return Object.fromEntries([...combination].map(([name, value]) => [`tektrace.matrix.${name}`, value]));
}
