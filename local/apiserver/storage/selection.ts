import type { ResourceType } from '../catalog/resource-type.ts';
import { inVersion } from '../catalog/versions.ts';
import { textAt, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { badRequest } from '../status.ts';
import { parseLabelSelector } from './label-selector.ts';

/** The objects of a resource that a list, watch or deletecollection selects. */
export interface Selection {
  namespace: string | undefined;
  /** It has no selector. */
  all: boolean;
  /** The only name that the field selector allows. */
  name?: string;
  matches(object: KubeObject): boolean;
}

function fieldValue(type: ResourceType, object: KubeObject, field: string): string {
  if (type.storageKey === '/events' && field === 'source')
    return textAt(object, 'source', 'component') || textAt(object, 'reportingComponent');
  const value = valueAt(object, ...field.split('.'));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : field === 'spec.unschedulable' || field === 'spec.hostNetwork'
      ? 'false'
      : '';
}

/** Splits at commas that have no backslash before them. Backslashes stay. */
function termsOf(selector: string): string[] {
  return selector.match(/(?:\\[^]|[^,\\])+\\?|\\/g) ?? [];
}

/** Unescapes a value: `\\`, `\,` and `\=`. */
function unescaped(value: string): string {
  return value.replaceAll(/\\([^]?)|=/g, (sequence, character: string | undefined) => {
    if (sequence === '=') throw badRequest('invalid field selector: unescaped character in value: 61');
    if (character === undefined || !['\\', ',', '='].includes(character))
      throw badRequest(`invalid field selector: invalid escape sequence: ${sequence}`);
    return character;
  });
}

function checkSelectable(type: ResourceType, field: string): void {
  if (field === 'metadata.name' || field === 'metadata.namespace' || type.selectableFields.includes(field)) return;
  throw badRequest(
    type.builtIn && type.selectableFields.length === 0
      ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`,
  );
}

interface Fields {
  /** It has no requirements. */
  all: boolean;
  matches(object: KubeObject): boolean;
  name?: string;
}

function parseFieldSelector(type: ResourceType, selector: string, validate: () => void): Fields {
  const terms = termsOf(selector).map((term) => {
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
    const [, field = '', operator, given = ''] = match;
    const value = unescaped(given);
    const isEqual = operator !== '!=';
    // Metadata is the same in all versions.
    const shown = (object: KubeObject): KubeObject =>
      field.startsWith('metadata.') ? object : inVersion(type, object);
    const matches = (object: KubeObject): boolean => (fieldValue(type, shown(object), field) === value) === isEqual;
    return { field, value, isEqual, matches };
  });
  validate();
  for (const { field } of terms) checkSelectable(type, field);
  const name = terms.find(({ field, isEqual }) => field === 'metadata.name' && isEqual)?.value;
  return {
    all: terms.length === 0,
    matches: (object) => terms.every(({ matches }) => matches(object)),
    ...(name === undefined ? {} : { name }),
  };
}

/**
 * Reads `labelSelector` and `fieldSelector` of a request; 400 if one is invalid or names a field without selector support. `validate`
 * checks the other parameters in between.
 */
export function parseSelection(
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
  validate: () => void,
): Selection {
  const labelSelector = (query.get('labelSelector') ?? '').trim();
  const fieldSelector = (query.get('fieldSelector') ?? '').trim();
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(type, fieldSelector, validate);
  return {
    namespace,
    all: labelSelector === '' && fields.all,
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labels(object.metadata.labels ?? {}) &&
      fields.matches(object),
    ...(fields.name === undefined ? {} : { name: fields.name }),
  };
}
