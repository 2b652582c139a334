import { invalid, notSupported, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { schemaAt } from '../field-path.ts';
import { createRuleCompiler } from './compile.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const newline = /[\n\r]/;

function checkTexts(
  { rule, message = '', messageExpression = '', reason }: ValidationRule,
  field: string,
): FieldError[] {
  const [trimmedRule, trimmed] = [(rule ?? '').trim(), message.trim()];
  const errors: FieldError[] = [];
  if (trimmedRule === '') errors.push(required(`${field}.rule`, 'rule is not specified'));
  else if (message !== '' && trimmed === '')
    errors.push(invalid(`${field}.message`, message, 'must be non-empty if specified'));
  else if (newline.test(trimmed)) errors.push(invalid(`${field}.message`, message, 'must not contain line breaks'));
  else if (newline.test(trimmedRule) && trimmed === '')
    errors.push(required(`${field}.message`, 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${field}.reason`, reason, reasons));
  return errors;
}

function checkFieldPath(schema: Schema, { fieldPath = '' }: ValidationRule, field: string): FieldError[] {
  if (fieldPath === '') return [];
  return [
    ...(fieldPath.trim() === '' ? [invalid(field, fieldPath, 'must be non-empty if specified')] : []),
    ...(newline.test(fieldPath) ? [invalid(field, fieldPath, 'must not contain line breaks')] : []),
    ...(typeof schemaAt(schema, fieldPath, true) === 'string'
      ? [invalid(field, fieldPath, 'must be a valid path')]
      : []),
  ];
}

/** A rule as Kubernetes' own program shows it. */
function shown(rule: ValidationRule): object {
  const { message = '', messageExpression = '', reason = null, fieldPath = '', optionalOldSelf = null } = rule;
  return {
    Rule: rule.rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf,
  };
}

/** Why old and new values can't be correlated here: there is no oldSelf inside. */
type Uncorrelatable = string | undefined;

function checkExpressions(
  schema: Schema,
  field: string,
  isRoot: boolean,
  uncorrelatable: Uncorrelatable,
): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const isMeta = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const compiler = rules.length === 0 ? undefined : createRuleCompiler(schema, isMeta);
  if (compiler === undefined) return [];
  return rules.flatMap((rule, index) => {
    const at = `${field}.x-kubernetes-validations[${index}]`;
    const compiled = compiler.compile(rule);
    if ('key' in compiled) return [invalid(`${at}.${compiled.key}`, shown(rule), compiled.detail)];
    if (compiled.usesOldSelf && uncorrelatable !== undefined) {
      const problem = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`;
      return [invalid(`${at}.rule`, rule.rule, problem)];
    }
    if (!compiled.usesOldSelf && rule.optionalOldSelf !== undefined)
      return [invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')];
    return [];
  });
}

function walk(
  schema: Schema,
  field: string,
  isRoot: boolean,
  isSound: boolean,
  uncorrelatable: Uncorrelatable,
): FieldError[] {
  const { properties = {}, additionalProperties, items } = schema;
  const inItems = uncorrelatable ?? (schema['x-kubernetes-list-type'] === 'map' ? undefined : field);
  const rules = schema['x-kubernetes-validations'] ?? [];
  const texts = rules.flatMap((rule, index) => {
    const at = `${field}.x-kubernetes-validations[${index}]`;
    return [...checkTexts(rule, at), ...checkFieldPath(schema, rule, `${at}.fieldPath`)];
  });
  return [
    ...(typeof additionalProperties === 'object'
      ? walk(additionalProperties, `${field}.additionalProperties`, false, isSound, uncorrelatable)
      : []),
    ...Object.entries(properties).flatMap(([key, one]) =>
      walk(one, `${field}.properties[${key}]`, false, isSound, uncorrelatable),
    ),
    ...(items === undefined ? [] : walk(items, `${field}.items`, false, isSound, inItems)),
    ...texts,
    ...(isSound && texts.length === 0 ? checkExpressions(schema, field, isRoot, uncorrelatable) : []),
  ];
}

/** The errors in the rules of a schema; expressions are compiled only if the schema is valid. */
export function checkRules(schema: Schema, field: string, isSound: boolean): FieldError[] {
  return walk(schema, field, true, isSound, undefined);
}
