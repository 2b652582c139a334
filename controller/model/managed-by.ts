import { MANAGED_BY } from '../../shared/tekton/annotations.ts';

/**
 * Whether the run's `spec.managedBy` selects this controller. Then upstream's controller may run, too, and children must have `controller: false`:
 * upstream reconciles a run when a child changes that has a *controller* reference to it.
 */
export function isBesideUpstream(run: { spec: { managedBy?: string } }): boolean {
  return run.spec.managedBy === MANAGED_BY;
}
