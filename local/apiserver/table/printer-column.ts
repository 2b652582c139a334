import type { PrinterColumn } from '../crd/types.ts';
import { isObject } from '../object.ts';
import { goTimeProblem, TIME } from '../schema/go-times.ts';
import { age } from './age.ts';
import type { Cell, Column } from './column.ts';
import { compileJsonPath } from './json-path.ts';

function cellOf(type: string, value: unknown, now: Date): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return value !== '' && goTimeProblem(TIME, value) !== undefined ? '<invalid>' : age(value, now);
    default:
      return typeof value === 'string'
        ? value
        : isObject(value) || Array.isArray(value)
          ? JSON.stringify(value)
          : (value as Cell);
  }
}

/** A column of a Table from a CustomResourceDefinition's additionalPrinterColumns. */
export function printerColumn(column: PrinterColumn): Column {
  const { name, type, format = '', jsonPath, priority = 0 } = column;
  const description = column.description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  const read = compileJsonPath(jsonPath);
  return { name, type, format, description, priority, value: (object, now) => cellOf(type, read(object)[0], now) };
}
