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
  /** It compares with what was there before. */
  usesOldSelf: boolean;
  /** It, or its message, speaks of that. */
  seesOldSelf: boolean;
}

/** What does not compile, with what is said of it. */
export interface RuleProblem {
  key: 'rule' | 'messageExpression';
  detail: string;
}

const base = createRuleEnvironment().registerVariable('text', 'string');
const ruleOutcome: Outcome = { type: 'bool', refuse: () => 'cel expression must evaluate to a bool' };
const messageOutcome: Outcome = { type: 'string', refuse: () => 'messageExpression must evaluate to a string' };

/** The variables of a rule; `oldSelf` is undefined where it is not asked for, or there was nothing that can be compared. */
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
  /** A value of the schema as expressions see it. Throws an Error in a kube-apiserver's words where it is none. */
  convert(this: void, value: unknown): unknown;
}

/** Undefined where expressions can't see values of this schema: it leaves open what they are. */
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
