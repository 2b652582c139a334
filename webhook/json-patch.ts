import { pointerToken } from '../shared/kubernetes/patch.ts';
import type { AnnotationChanges } from '../shared/kubernetes/patch.ts';
import type { ManagedFieldsEntry, ObjectMeta } from '../shared/kubernetes/types.ts';

/** Never fails on an existing value: a patch that does not apply fails the user's request, even with failurePolicy Ignore. */
export interface AddOperation {
  op: 'add';
  path: string;
  value: unknown;
}

/** Only of what is in the object that the review brought: the API server applies the patch to that very object. */
export interface RemoveOperation {
  op: 'remove';
  path: string;
}

export type JsonPatch = (AddOperation | RemoveOperation)[];

type Annotations = Record<string, string> | null | undefined;

/**
 * Longest keys and values of all annotations together, in bytes. The API server refuses an object beyond 256 KiB (apimachinery, TotalAnnotationSizeLimitB). The
 * rest is for what Tekton adds when it copies a run's annotations to its TaskRuns and Pods.
 */
const MAX_ANNOTATION_BYTES = 248 * 1024;

/** Whether the API server would take an object that has `existing`, and gets `wanted`. */
export function annotationsFit(existing: Annotations, wanted: AnnotationChanges): boolean {
  const all = Object.entries({ ...existing, ...wanted }).filter(([, value]) => typeof value === 'string');
  const bytes = all.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value ?? ''), 0);
  return bytes <= MAX_ANNOTATION_BYTES;
}

/** Sets annotations on an object that has `existing`, null removes one; creates the map where there is none. What is so already is left out. */
export function annotationOperations(existing: Annotations, wanted: AnnotationChanges): JsonPatch {
  const changed = Object.entries(wanted).filter(([key, value]) =>
    value === null ? Object.hasOwn(existing ?? {}, key) : existing?.[key] !== value,
  );
  if (changed.length === 0) return [];
  if (!existing) return [{ op: 'add', path: '/metadata/annotations', value: Object.fromEntries(changed) }];
  return changed.map(([key, value]) => {
    const path = `/metadata/annotations/${pointerToken(key)}`;
    return value === null ? { op: 'remove', path } : { op: 'add', path, value };
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function ownedAnnotations({ fieldsV1 }: ManagedFieldsEntry): Record<string, unknown> {
  const metadata = isRecord(fieldsV1) ? fieldsV1['f:metadata'] : undefined;
  const annotations = isRecord(metadata) ? metadata['f:annotations'] : undefined;
  return isRecord(annotations) ? annotations : {};
}

/**
 * Takes annotations out of the requester's entries of managedFields: what stands in them is the webhook's decision now, whether it changed
 * the value or not. So the controller can tell it from what nobody has checked (`isClaimed`); a kube-apiserver keeps such a change (seen on 1.36).
 */
export function takeOver({ managedFields }: ObjectMeta, annotations: string[]): JsonPatch {
  return (managedFields ?? []).flatMap((entry, index) => {
    const owned = ownedAnnotations(entry);
    const fields = annotations.map((annotation) => `f:${annotation}`).filter((field) => Object.hasOwn(owned, field));
    const path = `/metadata/managedFields/${index}/fieldsV1/f:metadata/f:annotations`;
    return fields.map((field): RemoveOperation => ({ op: 'remove', path: `${path}/${pointerToken(field)}` }));
  });
}
