import { MANAGED_BY } from '../../shared/tekton/annotations.ts';

/**
 * Whether the run was given to this controller by its `spec.managedBy`: upstream's controller may be beside it, and must take nothing that the
 * run owns for its own. Upstream reconciles a run as soon as a child changes that has a *controller* reference to it.
 */
export function isBesideUpstream(run: { spec: { managedBy?: string } }): boolean {
  return run.spec.managedBy === MANAGED_BY;
}
