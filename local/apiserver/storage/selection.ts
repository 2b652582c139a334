import type { ResourceType } from '../catalog/resource-type.ts';
import { textAt, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { badRequest } from '../status.ts';
import { parseLabelSelector } from './label-selector.ts';

/** Which objects of a resource a list, watch or deletecollection is about. */
export interface Selection {
  namespace: string | undefined;
  /** No selector narrows it. */
  all: boolean;
  matches(object: KubeObject): boolean;
}

function fieldValue(type: ResourceType, object: KubeObject, field: string): string {
  if (type.kind === 'Event' && field === 'source') return textAt(object, 'source', 'component');
  const value = valueAt(object, ...field.split('.'));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : field === 'spec.unschedulable' || field === 'spec.hostNetwork'
      ? 'false'
      : '';
}

function parseFieldSelector(type: ResourceType, selector: string): (object: KubeObject) => boolean {
  if (selector.trim() === '') return () => true;
  const known = ['metadata.name', 'metadata.namespace', ...type.selectableFields];
  const terms = selector.split(',').map((term) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    if (!known.includes(field)) {
      throw badRequest(`field label not supported: ${field}`);
    }
    return (object: KubeObject): boolean => (fieldValue(type, object, field) === value) === (operator !== '!=');
  });
  return (object) => terms.every((matches) => matches(object));
}

/** Reads `labelSelector` and `fieldSelector` of a request; 400 where one can't be read or names a field that can't be selected by. */
export function parseSelection(type: ResourceType, namespace: string | undefined, query: URLSearchParams): Selection {
  const labelSelector = (query.get('labelSelector') ?? '').trim();
  const fieldSelector = (query.get('fieldSelector') ?? '').trim();
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(type, fieldSelector);
  return {
    namespace,
    all: labelSelector === '' && fieldSelector === '',
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labels(object.metadata.labels ?? {}) &&
      fields(object),
  };
}
