import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '../kubernetes/types.ts';
import {
  ADMISSION_TIME,
  PIPELINE_RUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
} from '../tekton/annotations.ts';

/** The controller's field manager (from its user agent). */
export const CONTROLLER_MANAGER = 'tektrace-controller';

/** The webhook's call and the creation happen in one request: an admission time further from the creation was copied. */
const SAME_REQUEST_MS = 10_000;

const OWN_ANNOTATIONS = [PIPELINE_RUN_SPAN_CONTEXT, TASK_RUN_SPAN_CONTEXT, ADMISSION_TIME, TRACE_EXPORTED];

/**
 * Whether a client other than the controller submitted this annotation. The API server fills managedFields from the request, before mutating
 * admission: annotations that a webhook adds are in no entry (observed on Kubernetes 1.36).
 */
export function wasSubmitted(meta: ObjectMeta, annotation: string): boolean {
  return (meta.managedFields ?? []).some((entry) => submittedAnnotations(entry)[`f:${annotation}`] !== undefined);
}

function submittedAnnotations(entry: ManagedFieldsEntry): Record<string, unknown> {
  if (entry.manager === CONTROLLER_MANAGER) return {};
  const metadata = entry.fieldsV1?.['f:metadata'] as Record<string, unknown> | undefined;
  return (metadata?.['f:annotations'] as Record<string, unknown> | undefined) ?? {};
}

/** Whether the object was created from another run's YAML: its creator submitted annotations that only Tektrace writes. */
export function isCopy(meta: ObjectMeta): boolean {
  return OWN_ANNOTATIONS.some(
    (annotation) => meta.annotations?.[annotation] !== undefined && wasSubmitted(meta, annotation),
  );
}

/**
 * The run without the managedFields that do not distinguish a copy from an original: only a copy keeps some. They are often most of an
 * object's size in the cache.
 */
export function keepProvenance<T extends KubeObject>(run: T): T {
  const { managedFields, ...metadata } = run.metadata;
  const kept = (managedFields ?? []).flatMap((entry): ManagedFieldsEntry[] => {
    const submitted = submittedAnnotations(entry);
    const own = OWN_ANNOTATIONS.map((annotation) => `f:${annotation}`).filter(
      (field) => submitted[field] !== undefined,
    );
    const annotations = Object.fromEntries(own.map((field) => [field, submitted[field]]));
    return own.length === 0 ? [] : [{ ...entry, fieldsV1: { 'f:metadata': { 'f:annotations': annotations } } }];
  });
  return { ...run, metadata: kept.length === 0 ? metadata : { ...metadata, managedFields: kept } };
}

/** When the webhook received the review and answered it, in milliseconds since the epoch. */
export interface AdmissionTime {
  receivedMs: number;
  answeredMs: number;
}

export function formatAdmissionTime(time: AdmissionTime): string {
  return `${new Date(time.receivedMs).toISOString()}/${new Date(time.answeredMs).toISOString()}`;
}

/** Parses an ISO 8601 interval with milliseconds in UTC; any other text is undefined. */
export function parseAdmissionTime(annotation: string | undefined): AdmissionTime | undefined {
  const instant = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  const match = new RegExp(`^(${instant})/(${instant})$`).exec(annotation ?? '');
  if (!match) return undefined;
  const [receivedMs, answeredMs] = [Date.parse(match[1] ?? ''), Date.parse(match[2] ?? '')];
  return Number.isNaN(receivedMs) || Number.isNaN(answeredMs) || answeredMs < receivedMs
    ? undefined
    : { receivedMs, answeredMs };
}

/**
 * The admission time, if it is within 10 s of the object's creation (whole seconds). A copied time is not, unless the copy was made within 10 s.
 * In that case the webhook has replaced it, or the copy has the same span id as its original and is recognised by that.
 */
export function trustedAdmissionTime(meta: ObjectMeta): AdmissionTime | undefined {
  const time = parseAdmissionTime(meta.annotations?.[ADMISSION_TIME]);
  const createdMs = Date.parse(meta.creationTimestamp ?? '');
  return time && Math.abs(time.receivedMs - createdMs) <= SAME_REQUEST_MS ? time : undefined;
}

/** Whether the object is a copy that bypassed the webhook: its annotations were submitted, and its admission time is of another object. */
export function isUnseenCopy(meta: ObjectMeta): boolean {
  return isCopy(meta) && trustedAdmissionTime(meta) === undefined;
}
