/** Why a review's object is admitted without a patch; a label value of the metrics. */
export type Unchanged =
  /** An earlier call, or the drive controller, has written the context. */
  | 'already_stamped'
  /** What owns the object has no context. */
  | 'no_owner_context'
  /** A Pod that is not of a TaskRun. */
  | 'no_task_run'
  /** A Pod whose creator is not trusted. */
  | 'untrusted_requester'
  /** The request creates nothing. */
  | 'not_a_creation'
  /** The object's annotations have no room for ours. */
  | 'annotations_full'
  /** The object is not of the shape that the API server sends. */
  | 'malformed'
  /** A fault of this program; the log has it. */
  | 'failed';

export const UNCHANGED: readonly Unchanged[] = [
  'already_stamped',
  'no_owner_context',
  'no_task_run',
  'untrusted_requester',
  'not_a_creation',
  'annotations_full',
  'malformed',
  'failed',
];

export type Outcome = 'stamped' | Unchanged;

/** Whether a decision, else a value with changes, says that there are none. */
export const isUnchanged = (decision: object | Unchanged): decision is Unchanged => typeof decision === 'string';
