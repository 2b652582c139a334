import { typeOfParam, typeOfValue } from '../param-value.ts';
import type { Param, ParamSpec } from '../types.ts';
import { validateParamName } from './names.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

const TYPES = ['string', 'array', 'object'];

/** Errors in declarations of params: names, types, defaults of another type. */
export function validateParamSpecs(path: string, params: readonly ParamSpec[] = []): ValidationError[] {
  const errors = duplicateErrors(
    path,
    params.map(({ name }) => name),
  );
  params.forEach((param, index) => {
    const at = `${path}[${index}]`;
    errors.push(...validateParamName(`${at}.name`, param.name));
    if (param.type !== undefined && !TYPES.includes(param.type)) {
      errors.push({ path: `${at}.type`, message: `"${param.type}" is not string, array or object` });
    } else if (
      param.default !== undefined &&
      param.default !== null &&
      typeOfValue(param.default) !== typeOfParam(param)
    ) {
      errors.push({
        path: `${at}.default`,
        message: `param ${param.name} is of type ${typeOfParam(param)}, its default of type ${typeOfValue(param.default)}`,
      });
    }
  });
  return errors;
}

/** Errors in params: duplicate names. */
export function validateParams(path: string, params: readonly Param[] = []): ValidationError[] {
  return duplicateErrors(
    path,
    params.map(({ name }) => name),
  );
}
