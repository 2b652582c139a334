import { pointerToken } from '../shared/kubernetes/patch.ts';

/** Only `add`, because it never fails on an existing value: a patch that does not apply fails the user's request, even with failurePolicy Ignore. */
export interface AddOperation {
  op: 'add';
  path: string;
  value: unknown;
}

export type JsonPatch = AddOperation[];

/** Operations that set annotations on an object that has the annotations `existing`; undefined: it has no map yet. Equal values are left out. */
export function annotationOperations(
  existing: Record<string, string> | null | undefined,
  wanted: Record<string, string>,
): JsonPatch {
  const missing = Object.entries(wanted).filter(([key, value]) => existing?.[key] !== value);
  if (missing.length === 0) return [];
  if (!existing) return [{ op: 'add', path: '/metadata/annotations', value: Object.fromEntries(missing) }];
  return missing.map(([key, value]) => ({ op: 'add', path: `/metadata/annotations/${pointerToken(key)}`, value }));
}
