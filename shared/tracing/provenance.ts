import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '../kubernetes/types.ts';
import {
  ADMISSION_TIME,
  carrierNames,
  PARENT_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
} from '../tekton/annotations.ts';
import { parentOf } from '../tekton/parent-of.ts';
import type { Parent } from '../tekton/parent-of.ts';

/** The controller's field manager (from its user agent). */
export const CONTROLLER_MANAGER = 'tektrace-controller';

/** Webhook calls and creation happen within one request: an admission time further from the creation is another object's. */
const SAME_REQUEST_MS = 10_000;

/** Annotations that nobody writes but Tektrace, and that each run has for itself. */
const OWN_ANNOTATIONS = [ADMISSION_TIME, TRACE_EXPORTED, RERUN_SPAN_CONTEXT];

function annotationsOf({ fieldsV1 }: ManagedFieldsEntry): Record<string, unknown> {
  const metadata = fieldsV1?.['f:metadata'] as Record<string, unknown> | undefined;
  return (metadata?.['f:annotations'] as Record<string, unknown> | undefined) ?? {};
}

const lists = (entry: ManagedFieldsEntry, annotation: string): boolean =>
  Object.hasOwn(annotationsOf(entry), `f:${annotation}`);

/**
 * At CREATE: whether the requester sent this annotation. The API server fills managedFields from what was sent, before mutating admission,
 * and takes no entries from the requester, so an annotation that a webhook added is in no entry. Without managedFields nothing is known: then each
 * annotation counts as sent.
 */
export function wasSubmitted({ annotations, managedFields }: ObjectMeta, annotation: string): boolean {
  if (annotations?.[annotation] === undefined) return false;
  return !managedFields?.length || managedFields.some((entry) => lists(entry, annotation));
}

/** At CREATE: whether the object was made from another run's YAML. */
export function isSubmittedCopy({ kind, metadata }: KubeObject): boolean {
  return [carrierNames(kind).own, ...OWN_ANNOTATIONS].some((annotation) => wasSubmitted(metadata, annotation));
}

/**
 * Whether the controller wrote this entry to an object that was there. A client may choose the controller's name as its manager, so the name is not
 * enough: who creates an object has its spec in the entry, too. An entry with a spec may be such a client's, so it does not count as the controller's.
 */
function isControllers({ manager, operation, subresource, fieldsV1 }: ManagedFieldsEntry): boolean {
  return manager === CONTROLLER_MANAGER && operation === 'Update' && !subresource && fieldsV1?.['f:spec'] === undefined;
}

/**
 * On a stored object: whether a client wrote this annotation, at creation or later, and neither the webhook (which leaves what it decided in no
 * entry of managedFields) nor the controller. False where the object has no managedFields.
 */
export function isClaimed({ annotations, managedFields = [] }: ObjectMeta, annotation: string): boolean {
  if (annotations?.[annotation] === undefined) return false;
  return managedFields.some((entry) => !isControllers(entry) && lists(entry, annotation));
}

/**
 * The PipelineRun whose trace a run belongs to, by its owner reference; undefined where none owns it, and where the webhook, or the
 * controller, refused the owner reference (docs/security.md).
 */
export function traceParentOf(run: KubeObject): Parent | undefined {
  const parent = parentOf(run);
  const refused = isClaimed(run.metadata, REFUSED_OWNER) ? undefined : run.metadata.annotations?.[REFUSED_OWNER];
  return parent?.uid === refused ? undefined : parent;
}

/**
 * The run without managedFields, except what says that a client wrote an annotation of its trace context (`isClaimed`). managedFields are often most
 * of an object, and every run is kept in a cache.
 */
export function keepProvenance<T extends KubeObject>(run: T): T {
  const { managedFields, ...metadata } = run.metadata;
  const { own, upstream } = carrierNames(run.kind);
  const decisive = [own, upstream, PARENT_SPAN_CONTEXT, REFUSED_OWNER, ...OWN_ANNOTATIONS];
  const kept = (managedFields ?? []).flatMap((entry): ManagedFieldsEntry[] => {
    const claims = decisive.filter((annotation) => lists(entry, annotation));
    if (isControllers(entry) || claims.length === 0) return [];
    const annotations = Object.fromEntries(claims.map((annotation) => [`f:${annotation}`, {}]));
    const spec = entry.fieldsV1?.['f:spec'] !== undefined && { 'f:spec': {} };
    return [{ ...entry, fieldsV1: { 'f:metadata': { 'f:annotations': annotations }, ...spec } }];
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

const INSTANT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const INTERVAL = new RegExp(`^(${INSTANT})/(${INSTANT})$`);

/** Parses an ISO 8601 interval with milliseconds in UTC; any other text is undefined. */
export function parseAdmissionTime(annotation: string | undefined): AdmissionTime | undefined {
  const match = annotation === undefined ? undefined : INTERVAL.exec(annotation);
  if (!match) return undefined;
  const [receivedMs, answeredMs] = [Date.parse(match[1] ?? ''), Date.parse(match[2] ?? '')];
  return Number.isNaN(receivedMs) || Number.isNaN(answeredMs) || answeredMs < receivedMs
    ? undefined
    : { receivedMs, answeredMs };
}

/**
 * The admission time, if the webhook wrote it for this object: no client did (upstream copies the annotations of a PipelineRun to its
 * children), and it is within 10 s of the creation, which is a whole second.
 */
export function trustedAdmissionTime(meta: ObjectMeta): AdmissionTime | undefined {
  const time = parseAdmissionTime(meta.annotations?.[ADMISSION_TIME]);
  const createdMs = Date.parse(meta.creationTimestamp ?? '');
  const fits = time && Math.abs(time.receivedMs - createdMs) <= SAME_REQUEST_MS;
  return fits && !isClaimed(meta, ADMISSION_TIME) ? time : undefined;
}
