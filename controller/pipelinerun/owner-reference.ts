import type { OwnerReference } from '../../shared/kubernetes/types.ts';
import { MANAGED_BY } from '../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/** The owner reference of a run's children. Beside upstream's controller it has `controller: false`, else upstream would reconcile the run. */
export const ownerReference = traced('ownerReference', (run: PipelineRun): OwnerReference => {
  const { name = '', uid = '' } = run.metadata;
  const controller = run.spec.managedBy !== MANAGED_BY;
  return { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid, controller, blockOwnerDeletion: true };
});
