import { jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';

/** What Go decodes first of all, as its errors name it. */
const TYPE_META = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** Why apiVersion and kind can't be read; undefined where they can. */
export function typeMetaProblem(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) return `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${TYPE_META}`;
  const wrong = ['apiVersion', 'kind'].find(
    (key) => !['string', 'undefined'].includes(typeof (value[key] ?? undefined)),
  );
  return wrong && `json: cannot unmarshal ${jsonKind(value[wrong])} into Go struct field .${wrong} of type string`;
}
