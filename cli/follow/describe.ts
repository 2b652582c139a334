import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { printable } from '../waterfall/display-width.ts';

/** Kind and name of an object for a message, after its place in a file (`where`). */
export function describe({ kind, metadata }: KubeObject, where?: string): string {
  const object = `${kind} ${metadata.name ?? metadata.generateName ?? '(no name)'}`;
  return printable(where === undefined ? object : `${where}: ${object}`);
}
