import { jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';

/** The Go struct that is decoded first, for errors. */
const TYPE_META = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** The error in apiVersion or kind; undefined if valid. */
export function typeMetaProblem(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) return `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${TYPE_META}`;
  const wrong = ['apiVersion', 'kind'].find(
    (key) => !['string', 'undefined'].includes(typeof (value[key] ?? undefined)),
  );
  return wrong && `json: cannot unmarshal ${jsonKind(value[wrong])} into Go struct field .${wrong} of type string`;
}
