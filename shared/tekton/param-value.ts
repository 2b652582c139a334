import type { Param, ParamSpec, ParamType, ParamValue } from './types.ts';

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** A param's value as Tekton reads it from JSON: numbers and booleans become strings, also in arrays and objects. */
export function toParamValue(value: unknown): ParamValue {
  if (Array.isArray(value)) return value.map(text);
  if (typeof value !== 'object' || value === null) return text(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item)]));
}

export function typeOfValue(value: ParamValue): ParamType {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : 'string';
}

/** The type of a param's declaration: the declared one, else that of its default, else object if it has properties, else string (upstream's defaults). */
export function typeOfParam({ type, default: value, properties }: ParamSpec): ParamType {
  if (type) return type;
  if (properties) return 'object';
  return value === undefined || value === null ? 'string' : typeOfValue(value);
}

export function isObjectValue(value: ParamValue | undefined): value is Record<string, string> {
  return value !== undefined && typeOfValue(value) === 'object';
}

export function normalizedParams(params: readonly Param[] | undefined): Param[] {
  return (params ?? []).map((param) => ({ ...param, value: toParamValue(param.value) }));
}

export function normalizedParamSpecs(specs: readonly ParamSpec[] | undefined): ParamSpec[] {
  return (specs ?? []).map(({ default: fallback, ...spec }) =>
    fallback === undefined || fallback === null ? spec : { ...spec, default: toParamValue(fallback) },
  );
}
