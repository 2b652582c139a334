import type { KubeObject } from '../object.ts';

export type Cell = string | number | boolean | null | unknown[] | Record<string, unknown>;

/** One column of a Table (what kubectl prints). Priority above 0 shows with `-o wide` only. */
export interface Column {
  name: string;
  type: string;
  format?: string;
  description: string;
  priority: number;
  value(object: KubeObject, now: Date): Cell;
}
