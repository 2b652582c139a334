import type { ResourceType } from '../catalog/resource-type.ts';
import { authorizer } from '../cel/authorizer.ts';
import { TimeExceededError } from '../cel/bounded.ts';
import { createAdmissionEnvironment } from '../cel/environment.ts';
import { compileCondition } from '../cel/expression.ts';
import type { Expression } from '../cel/expression.ts';
import { toCel } from '../cel/values.ts';
import { invalid } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import { qualified, StatusError } from '../status.ts';
import type { AdmissionAttributes } from './attributes.ts';
import { inVersion, requestFields } from './review.ts';
import type { Webhook } from './webhook.ts';

/** For all conditions of one webhook together. A kube-apiserver limits their cost instead (about 250 ms). */
const MAX_TIME_MS = 3000;
const NO_TIME_LEFT = 'validation failed due to running out of cost budget, no further validation rules will be run';

const environment = createAdmissionEnvironment();
const compiled = new WeakMap<Webhook, Expression[]>();

/** The errors in a condition's expression. */
export function checkExpression(text: string, field: string): FieldError[] {
  try {
    compileCondition(environment, text);
    return [];
  } catch (error: unknown) {
    return [invalid(field, text, error instanceof Error ? error.message : String(error))];
  }
}

function expressionsOf(webhook: Webhook): Expression[] {
  const known = compiled.get(webhook);
  if (known !== undefined) return known;
  const expressions = (webhook.matchConditions ?? []).map(({ expression = '' }) =>
    compileCondition(environment, expression),
  );
  compiled.set(webhook, expressions);
  return expressions;
}

/** Evaluates all: false if any is false. Else throws one Error that names all that failed. */
function allTrue(expressions: Expression[], variables: Record<string, unknown>): boolean {
  const until = performance.now() + MAX_TIME_MS;
  const problems: string[] = [];
  const results = expressions.map(({ text, evaluate }) => {
    const leftMs = until - performance.now();
    if (leftMs <= 0) throw new Error(NO_TIME_LEFT);
    try {
      return evaluate(variables, leftMs);
    } catch (error: unknown) {
      if (error instanceof TimeExceededError) throw new Error(NO_TIME_LEFT, { cause: error });
      problems.push(
        `expression '${text}' resulted in error: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    }
  });
  if (results.includes(false)) return false;
  if (problems.length === 0) return true;
  throw new Error(problems.length === 1 ? problems[0] : `[${[...new Set(problems)].join(', ')}]`);
}

function refusal({ type, name = '' }: AdmissionAttributes, problem: string): StatusError {
  const named = name === '' ? qualified(type) : `${qualified(type)} ${JSON.stringify(name)}`;
  return new StatusError(403, 'Forbidden', `${named} is forbidden: ${problem}`, {
    ...(name === '' ? {} : { name }),
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.resource,
  });
}

/**
 * Whether `object`, in the version that the webhook gets, meets its matchConditions. If evaluation fails, failurePolicy decides: Ignore
 * skips the webhook, Fail refuses the request (403).
 */
export function meetsConditions(
  webhook: Webhook,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  seen: ResourceType,
): boolean {
  if ((webhook.matchConditions ?? []).length === 0) return true;
  const { options, ...request } = requestFields(attributes, seen);
  try {
    return allTrue(expressionsOf(webhook), {
      object: toCel(inVersion(object, seen)),
      oldObject: toCel(inVersion(attributes.old, seen)),
      namespaceObject: null,
      request: { ...request, options: toCel(options) },
      authorizer,
    });
  } catch (error: unknown) {
    if (webhook.failurePolicy === 'Ignore') return false;
    throw refusal(attributes, error instanceof Error ? error.message : String(error));
  }
}
