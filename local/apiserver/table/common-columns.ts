import type { KubeObject } from '../object.ts';
import { age } from './age.ts';
import type { Cell, Column } from './column.ts';

type Read = (object: KubeObject, now: Date) => Cell;

export function column(name: string, value: Read, type = 'string', priority = 0): Column {
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority, value };
}

export const nameColumn = column('Name', (object) => object.metadata.name ?? '');
export const ageColumn = column('Age', (object, now) => age(object.metadata.creationTimestamp, now));
