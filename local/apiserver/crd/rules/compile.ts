import { Optional } from '@marcbachmann/cel-js';
import { createRuleEnvironment } from '../../cel/environment.ts';
import { CompileError, compileExpression } from '../../cel/expression.ts';
import type { Expression, Outcome } from '../../cel/expression.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { createTypes } from './types.ts';
import type { CelType } from './types.ts';

export interface CompiledRule {
  rule: ValidationRule;
  expression: Expression;
  message: Expression | undefined;
  /** It uses oldSelf. */
  usesOldSelf: boolean;
  /** It or its message uses oldSelf. */
  seesOldSelf: boolean;
}

/** A compile error. */
export interface RuleProblem {
  key: 'rule' | 'messageExpression';
  detail: string;
}

const base = createRuleEnvironment().registerVariable('text', 'string');
const ruleOutcome: Outcome = { type: 'bool', refuse: () => 'cel expression must evaluate to a bool' };
const messageOutcome: Outcome = { type: 'string', refuse: () => 'messageExpression must evaluate to a string' };

/** The variables of a rule; `oldSelf` is undefined if it is not used, or if there is no old value. */
export function variablesOf(
  { optionalOldSelf }: ValidationRule,
  self: unknown,
  oldSelf: unknown,
): Record<string, unknown> {
  if (optionalOldSelf === true)
    return { self, oldSelf: oldSelf === undefined ? Optional.none() : Optional.of(oldSelf) };
  return { self, ...(oldSelf === undefined ? {} : { oldSelf }) };
}

/** The rules of one schema, compiled for its values. */
export interface RuleCompiler {
  compile(this: void, rule: ValidationRule): CompiledRule | RuleProblem;
  /** Converts a value of the schema to CEL. Throws a kube-apiserver's Error if it has another type. */
  convert(this: void, value: unknown): unknown;
}

/** Undefined if the schema has no type, so that expressions can't use its values. */
export function createRuleCompiler(schema: Schema, isRoot: boolean): RuleCompiler | undefined {
  const environment = base.clone();
  const type: CelType | undefined = createTypes(environment)(schema, isRoot);
  if (type === undefined) return undefined;
  environment.registerVariable('self', type.name);
  const plain = environment.clone().registerVariable('oldSelf', type.name);
  const optional = environment.clone().registerVariable('oldSelf', `optional<${type.name}>`);

  const compiled = (
    rule: ValidationRule,
    key: RuleProblem['key'],
    text: string,
    outcome: Outcome,
  ): Expression | RuleProblem => {
    try {
      return compileExpression(rule.optionalOldSelf === true ? optional : plain, text, outcome);
    } catch (error: unknown) {
      if (!(error instanceof CompileError)) throw error;
      const prefix = key === 'messageExpression' && error.message.startsWith('compilation failed') ? `${key} ` : '';
      return { key, detail: prefix + error.message };
    }
  };
  return {
    compile(rule) {
      const expression = compiled(rule, 'rule', rule.rule, ruleOutcome);
      if ('key' in expression) return expression;
      const text = rule.messageExpression ?? '';
      const message = text === '' ? undefined : compiled(rule, 'messageExpression', text, messageOutcome);
      if (message !== undefined && 'key' in message) return message;
      const usesOldSelf = expression.uses('oldSelf');
      return { rule, expression, message, usesOldSelf, seesOldSelf: usesOldSelf || message?.uses('oldSelf') === true };
    },
    convert: type.convert,
  };
}
