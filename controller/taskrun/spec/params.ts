import {
  missingObjectKeys,
  missingParams,
  mistypedParams,
  paramsOutsideEnum,
  resolveParams,
} from '../../../shared/tekton/params.ts';
import { RunFailure } from '../../model/run-failure.ts';
import { paramReplacements } from '../../../shared/tekton/substitution.ts';
import type { Replacements } from '../../../shared/tekton/substitution.ts';
import type { Param, ParamSpec } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

/** Upstream's message for invalid params; undefined if they are valid. */
const paramsProblem = traced(
  'paramsProblem',
  (specs: readonly ParamSpec[], params: readonly Param[]): string | undefined => {
    const missing = missingParams(specs, params);
    if (missing.length > 0) {
      return `missing values for these params which have no default values: [${missing.join(' ')}]`;
    }
    const wrong = mistypedParams(specs, params);
    if (wrong.length > 0) return `param types don't match the user-specified type: [${wrong.join(' ')}]`;
    const keys = Object.entries(missingObjectKeys(specs, params));
    if (keys.length === 0) return undefined;
    const list = keys.map(([name, names]) => `${name}:[${names.join(' ')}]`).join(' ');
    return `missing keys for these params which are required in ParamSpec's properties map[${list}]`;
  },
);

/** Checks that every declared param has a value of its type. Throws RunFailure with the names of invalid ones. */
export const ValidateResolvedTask = traced(
  'ValidateResolvedTask',
  (taskName: string, specs: readonly ParamSpec[], params: readonly Param[]): void => {
    const problem = paramsProblem(specs, params);
    if (problem) {
      throw new RunFailure('TaskRunValidationFailed', `invalid input params for task ${taskName}: ${problem}`);
    }
  },
);

/** Checks values against the declared enums. Throws RunFailure with the names of invalid ones. */
export const ValidateEnumParam = traced(
  'ValidateEnumParam',
  (specs: readonly ParamSpec[], params: readonly Param[]): void => {
    const outside = paramsOutsideEnum(specs, params);
    if (outside.length > 0) throw new RunFailure('InvalidParamValue', outside.join('; '));
  },
);

/** The values of `$(params…)`: of declared params, and of given ones without a declaration (propagated). */
export const taskParamReplacements = traced(
  'taskParamReplacements',
  (specs: readonly ParamSpec[] | undefined, params: readonly Param[]): Replacements =>
    paramReplacements(resolveParams(specs, params)),
);
