import type { OwnerReference } from '../../shared/kubernetes/types.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { isBesideUpstream } from '../model/managed-by.ts';
import { traced } from '../../shared/tracing/traced.ts';

/** The owner reference of a run's children: `controller: false` if upstream's controller may run beside this one. */
export const ownerReference = traced('ownerReference', (run: PipelineRun): OwnerReference => {
  const { name = '', uid = '' } = run.metadata;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    name,
    uid,
    controller: !isBesideUpstream(run),
    blockOwnerDeletion: true,
  };
});
