import { isObject, objectsIn, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { ageColumn, column, nameColumn } from './common-columns.ts';
import type { Column } from './column.ts';

function countAt(object: KubeObject, ...path: string[]): number {
  const value = valueAt(object, ...path);
  return typeof value === 'number' ? value : 0;
}

function containers(object: KubeObject): JsonObject[] {
  return objectsIn(valueAt(object, 'spec', 'template', 'spec', 'containers'));
}

const listed = (object: KubeObject, field: string): string =>
  containers(object)
    .map((one) => textAt(one, field))
    .join(',');

/** `app=web,tier in (a,b)`: a selector as in kubectl's tables. */
function selectorText(object: KubeObject): string {
  const selector = valueAt(object, 'spec', 'selector');
  const labels = isObject(valueAt(selector, 'matchLabels')) ? (valueAt(selector, 'matchLabels') as JsonObject) : {};
  const terms = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  for (const { key, operator, values } of objectsIn(valueAt(selector, 'matchExpressions'))) {
    const list = Array.isArray(values) ? [...(values as unknown[])].map(String).sort().join(',') : '';
    const name = String(key);
    if (operator === 'Exists') terms.push(name);
    else if (operator === 'DoesNotExist') terms.push(`!${name}`);
    else terms.push(`${name} ${operator === 'In' ? 'in' : 'notin'} (${list})`);
  }
  return terms.sort().join(',');
}

const template: Column[] = [
  column('Containers', (object) => listed(object, 'name'), 'string', 1),
  column('Images', (object) => listed(object, 'image'), 'string', 1),
  column('Selector', selectorText, 'string', 1),
];

export const deploymentColumns: Column[] = [
  nameColumn,
  column('Ready', (object) => `${countAt(object, 'status', 'readyReplicas')}/${countAt(object, 'spec', 'replicas')}`),
  column('Up-to-date', (object) => countAt(object, 'status', 'updatedReplicas')),
  column('Available', (object) => countAt(object, 'status', 'availableReplicas')),
  ageColumn,
  ...template,
];

export const replicaSetColumns: Column[] = [
  nameColumn,
  column('Desired', (object) => countAt(object, 'spec', 'replicas'), 'integer'),
  column('Current', (object) => countAt(object, 'status', 'replicas'), 'integer'),
  column('Ready', (object) => countAt(object, 'status', 'readyReplicas'), 'integer'),
  ageColumn,
  ...template,
];
