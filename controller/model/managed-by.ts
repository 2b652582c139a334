import { MANAGED_BY } from '../../shared/tekton/annotations.ts';

/** Which runs the drive controllers execute: all, or those whose `spec.managedBy` names them. */
export type Manage = 'all' | 'managed-by';

/** Upstream's own value, the same as none. */
const UPSTREAM_MANAGED_BY = 'tekton.dev/pipeline';

/** Whether the run is this controller's to execute. */
export function isManaged(run: { spec: { managedBy?: string } }, manage: Manage): boolean {
  const { managedBy } = run.spec;
  if (managedBy === MANAGED_BY) return true;
  return manage === 'all' && (managedBy === undefined || managedBy === UPSTREAM_MANAGED_BY);
}
