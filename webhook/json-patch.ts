import { pointerToken } from '../shared/kubernetes/patch.ts';

/** Only `add`: it never fails on a value that is already there, and a patch that does not apply would fail the user's request even under Ignore. */
export interface AddOperation {
  op: 'add';
  path: string;
  value: unknown;
}

export type JsonPatch = AddOperation[];

/** Sets annotations on an object that has `existing`; creates the map where there is none. Values that are already there are left out. */
export function annotationOperations(
  existing: Record<string, string> | null | undefined,
  wanted: Record<string, string>,
): JsonPatch {
  const missing = Object.entries(wanted).filter(([key, value]) => existing?.[key] !== value);
  if (missing.length === 0) return [];
  if (!existing) return [{ op: 'add', path: '/metadata/annotations', value: Object.fromEntries(missing) }];
  return missing.map(([key, value]) => ({ op: 'add', path: `/metadata/annotations/${pointerToken(key)}`, value }));
}
