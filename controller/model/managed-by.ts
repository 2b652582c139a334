import { MANAGED_BY } from '../../shared/tekton/annotations.ts';

/** The runs that the drive controllers execute: all, or those with their `spec.managedBy`. */
export type Manage = 'all' | 'managed-by';

/** Upstream's value of `spec.managedBy`; equal to an absent one. */
const UPSTREAM_MANAGED_BY = 'tekton.dev/pipeline';

/** Whether this controller executes the run. */
export function isManaged(run: { spec: { managedBy?: string } }, manage: Manage): boolean {
  const { managedBy } = run.spec;
  if (managedBy === MANAGED_BY) return true;
  return manage === 'all' && (managedBy === undefined || managedBy === UPSTREAM_MANAGED_BY);
}
