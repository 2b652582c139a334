import { TimeExceededError, withinTime } from '../../cel/bounded.ts';
import { lazily } from '../../cel/values.ts';
import { duplicate, forbiddenField, invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { isObject, sameJson } from '../../object.ts';
import { formerItems } from '../../schema/former-items.ts';
import { fieldPath } from '../../schema/schema.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { fieldPathOf } from '../field-path.ts';
import { createRuleCompiler, variablesOf } from './compile.ts';
import type { CompiledRule, RuleCompiler, RuleProblem } from './compile.ts';

/** For all rules of one object. A kube-apiserver limits their cost instead. */
const MAX_TIME_MS = 3000;
const MAX_MESSAGE_LENGTH = 5 * 1024;
const NO_TIME_LEFT = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** The rules of a schema and of the schemas inside it. */
interface RuleTree {
  schema: Schema;
  compiler: RuleCompiler | undefined;
  rules: (CompiledRule | RuleProblem)[];
  properties: Map<string, RuleTree>;
  items: RuleTree | undefined;
  values: RuleTree | undefined;
}

const trees = new WeakMap<Schema, { tree: RuleTree | undefined }>();

function build(schema: Schema, isRoot: boolean): RuleTree | undefined {
  const { items, additionalProperties, properties = {} } = schema;
  const given = schema['x-kubernetes-validations'] ?? [];
  const isMeta = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const compiler = given.length === 0 ? undefined : createRuleCompiler(schema, isMeta);
  const below = Object.entries(properties).flatMap(([key, one]): [string, RuleTree][] => {
    const tree = isRoot && key === 'metadata' ? undefined : build(one, false);
    return tree === undefined ? [] : [[key, tree]];
  });
  const tree: RuleTree = {
    schema,
    compiler,
    rules: compiler === undefined ? [] : given.map(compiler.compile),
    properties: new Map(below),
    items: items === undefined ? undefined : build(items, false),
    values: typeof additionalProperties === 'object' ? build(additionalProperties, false) : undefined,
  };
  const isEmpty = tree.rules.length + below.length === 0 && tree.items === undefined && tree.values === undefined;
  return isEmpty ? undefined : tree;
}

function treeOf(schema: Schema): RuleTree | undefined {
  const known = trees.get(schema);
  if (known !== undefined) return known.tree;
  const tree = build(schema, true);
  trees.set(schema, { tree });
  return tree;
}

/** A value with its path and its old value. */
interface Place {
  path: string;
  value: unknown;
  /** Undefined without an old value. */
  old: unknown;
  /** Unchanged: its errors are only warnings. */
  stays: boolean;
}

interface Run {
  errors: FieldError[];
  warnings: string[];
  until: number;
}

const ruleText = ({ rule, message = '' }: ValidationRule): string => (message === '' ? rule : message).trim();

function failed({ schema }: RuleTree, rule: ValidationRule, { path, value }: Place, detail: string): FieldError {
  const field = rule.fieldPath ? `${path}${path === '' ? '' : '.'}${fieldPathOf(schema, rule.fieldPath)}` : path;
  const named = field === '' ? '<nil>' : field;
  const isWhole = schema.type === 'object' || schema.type === 'array';
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenField(named, detail);
    case 'FieldValueRequired':
      return required(named, detail);
    case 'FieldValueDuplicate':
      return isWhole ? { ...duplicate(named, ''), message: 'Duplicate value' } : duplicate(named, value);
    default: {
      const error = invalid(named, value, detail);
      return isWhole ? { ...error, message: `Invalid value: ${detail}` } : error;
    }
  }
}

function evaluationProblem(rule: ValidationRule, problem: string): string {
  return problem.startsWith('no such overload')
    ? `'${problem}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
    : `${problem} evaluating rule: ${ruleText(rule)}`;
}

/** The rule's message; the rule itself if its messageExpression fails or is empty. */
function detailOf({ rule, message }: CompiledRule, variables: Record<string, unknown>, leftMs: number): string {
  if (message !== undefined) {
    try {
      const text = String(message.evaluate(variables, leftMs)).trim();
      if (text !== '' && !/[\n\r]/.test(text) && text.length <= MAX_MESSAGE_LENGTH) return text;
    } catch (error: unknown) {
      if (error instanceof TimeExceededError) throw error;
    }
  }
  return (rule.message ?? '') === '' ? `failed rule: ${ruleText(rule)}` : ruleText(rule);
}

/** The values for the rules at one path. */
interface Seen {
  self(): unknown;
  oldSelf(): unknown;
}

/** Evaluates one rule; throws a TimeExceededError when the time for all is over. */
function evaluateRule(tree: RuleTree, compiled: CompiledRule, place: Place, seen: Seen, run: Run): void {
  const { rule, expression, usesOldSelf, seesOldSelf } = compiled;
  const { path, old } = place;
  if (usesOldSelf && old === undefined && rule.optionalOldSelf !== true) return;
  const leftMs = (): number => {
    const left = run.until - performance.now();
    if (left <= 0) throw new TimeExceededError(NO_TIME_LEFT);
    return left;
  };
  const field = path === '' ? '<nil>' : path;
  let variables: Record<string, unknown>;
  let result: unknown;
  try {
    variables = withinTime(leftMs(), () => variablesOf(rule, seen.self(), seesOldSelf ? seen.oldSelf() : undefined));
    result = expression.evaluate(variables, leftMs());
  } catch (error: unknown) {
    if (error instanceof TimeExceededError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    run.errors.push(invalid(field, tree.schema.type ?? '', evaluationProblem(rule, problem)));
    return;
  }
  if (result === true) return;
  const error = failed(tree, rule, place, detailOf(compiled, variables, leftMs()));
  if (!usesOldSelf && place.stays) run.warnings.push(`${error.field}: ${error.message}`);
  else run.errors.push(error);
}

function below(place: Place, path: string, value: unknown, old: unknown): Place {
  const stays = old === undefined ? place.stays : sameJson(value, old);
  return { path, value, old, stays };
}

function evaluate(tree: RuleTree, place: Place, run: Run): void {
  const { path, value, old } = place;
  if (value === undefined || value === null) return;
  const convert = (one: unknown): unknown =>
    one === undefined || one === null ? undefined : tree.compiler?.convert(one);
  const seen: Seen = { self: lazily(convert, value), oldSelf: lazily(convert, old) };
  for (const rule of tree.rules) {
    const field = path === '' ? '<nil>' : path;
    if ('key' in rule) run.errors.push(invalid(field, tree.schema.type ?? '', `rule compile error: ${rule.detail}`));
    else evaluateRule(tree, rule, place, seen, run);
  }
  const { items, values, properties } = tree;
  if (Array.isArray(value) && items !== undefined) {
    const former = formerItems(tree.schema, old);
    for (const [index, item] of value.entries())
      evaluate(items, below(place, `${path}[${index}]`, item, former(item)), run);
  }
  if (!isObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const inner = properties.get(key) ?? values;
    if (inner === undefined) continue;
    const at = properties.has(key) ? fieldPath(path, key) : `${path}[${key}]`;
    evaluate(inner, below(place, at, item, isObject(old) ? old[key] : undefined), run);
  }
}

const NOT_CHECKED: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};
const blocking: FieldError['reason'][] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

/**
 * The errors of a schema's CEL rules. They are not evaluated if `found`, the other errors, prevents it. For values that are unchanged since
 * `old` they are warnings.
 */
export function validateRules(
  schema: Schema,
  object: unknown,
  old: unknown,
  found: FieldError[],
): { errors: FieldError[]; warnings: string[] } {
  const tree = treeOf(schema);
  if (tree === undefined) return { errors: [], warnings: [] };
  if (found.some(({ reason }) => blocking.includes(reason))) return { errors: [NOT_CHECKED], warnings: [] };
  const run: Run = { errors: [], warnings: [], until: performance.now() + MAX_TIME_MS };
  try {
    evaluate(tree, { path: '', value: object, old, stays: false }, run);
  } catch (error: unknown) {
    if (!(error instanceof TimeExceededError)) throw error;
    run.errors.push(invalid('<nil>', schema.type ?? '', NO_TIME_LEFT));
  }
  return run;
}
