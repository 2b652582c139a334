import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';

import { isAlreadyExists } from '../../../shared/kubernetes/errors.ts';
import { PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { isRefused } from '../../model/refused.ts';
import { RunFailure } from '../../model/run-failure.ts';
import { taskRunOwner } from '../../model/task-run-owner.ts';
import { claimName } from '../../model/task-workspaces.ts';
import type { TaskRun, WorkspaceBinding, WorkspaceDeclaration } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { ReconcileContext } from '../context.ts';

const SOURCES = [
  'volumeClaimTemplate',
  'persistentVolumeClaim',
  'emptyDir',
  'configMap',
  'secret',
  'projected',
] as const;

const invalid = traced('invalid', (message: string): never => {
  throw new RunFailure('TaskRunValidationFailed', message);
});

/** Checks that the bindings are complete and match the declarations. Throws RunFailure. */
export const validateBindings = traced(
  'ValidateBindings',
  (declarations: readonly WorkspaceDeclaration[], bindings: readonly WorkspaceBinding[]): void => {
    for (const binding of bindings) {
      const sources = SOURCES.filter((source) => binding[source] !== undefined);
      if (sources.length !== 1) {
        const found = sources.length === 0 ? 'none of them' : sources.join(', ');
        invalid(`binding "${binding.name}" is invalid: expected exactly one of ${SOURCES.join(', ')}; it has ${found}`);
      }
      if (binding.persistentVolumeClaim && !binding.persistentVolumeClaim.claimName) {
        invalid(`binding "${binding.name}" is invalid: missing field persistentVolumeClaim.claimName`);
      }
    }
    const declared = new Set(declarations.map(({ name }) => name));
    const bound = new Set(bindings.map(({ name }) => name));
    for (const { name, optional } of declarations) {
      if (!optional && !bound.has(name)) invalid(`declared workspace "${name}" is required but has not been bound`);
    }
    for (const { name } of bindings) {
      if (!declared.has(name)) invalid(`workspace binding "${name}" does not match any declared workspace`);
    }
  },
);

const createClaim = traced(
  'createClaim',
  async (
    context: ReconcileContext,
    taskRun: TaskRun,
    template: V1PersistentVolumeClaim,
    name: string,
  ): Promise<void> => {
    const { namespace } = taskRun.metadata;
    const { metadata, spec } = template;
    const ownerReferences = [taskRunOwner(taskRun)];
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, labels: metadata?.labels, annotations: metadata?.annotations, ownerReferences },
      spec,
    };
    try {
      await context.client.request('POST', resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace }), { body });
    } catch (error) {
      if (isAlreadyExists(error)) return;
      if (!isRefused(error)) throw error;
      const message = `failed to create PVC for TaskRun ${namespace}/${taskRun.metadata.name} workspaces correctly: ${error.message}`;
      throw new RunFailure('CouldntCreateWorkspacePVC', message);
    }
  },
);

/** The bindings, with a claim for each volumeClaimTemplate. Claims that do not exist are created. */
export const claimWorkspaces = traced(
  'claimWorkspaces',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<WorkspaceBinding[]> =>
    Promise.all(
      (taskRun.spec.workspaces ?? []).map(async (binding) => {
        const { volumeClaimTemplate, ...rest } = binding;
        if (!volumeClaimTemplate) return binding;
        const name = claimName(binding, taskRun);
        await createClaim(context, taskRun, volumeClaimTemplate, name);
        return { ...rest, persistentVolumeClaim: { claimName: name } };
      }),
    ),
);
