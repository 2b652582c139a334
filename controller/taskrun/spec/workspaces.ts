import { createHash } from 'node:crypto';

import type { V1PersistentVolumeClaim, V1Volume, V1VolumeMount } from '@kubernetes/client-node';

import { isAlreadyExists } from '../../../shared/kubernetes/errors.ts';
import { ApiError } from '../../../shared/kubernetes/errors.ts';
import { PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { RunFailure } from '../../../shared/tekton/run-failure.ts';
import type {
  Sidecar,
  TaskRun,
  TaskSpec,
  WorkspaceBinding,
  WorkspaceDeclaration,
} from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { ReconcileContext } from '../context.ts';
import { taskRunOwner } from '../owner.ts';
import { cleanPath, WORKSPACE_DIR } from '../../../shared/tekton/pod-paths.ts';

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

/** Checks that the bindings are complete and fit the declarations. Throws RunFailure. */
export const ValidateBindings = traced(
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

/** The declarations, and one for each binding that an embedded task uses without declaring it (propagated). */
export const declarationsOf = traced(
  'declarationsOf',
  (taskRun: TaskRun, taskSpec: TaskSpec): WorkspaceDeclaration[] => {
    const declared = taskSpec.workspaces ?? [];
    if (!taskRun.spec.taskSpec) return declared;
    const names = new Set(declared.map(({ name }) => name));
    const propagated = (taskRun.spec.workspaces ?? []).filter(({ name }) => !names.has(name));
    return [...declared, ...propagated.map(({ name }) => ({ name }))];
  },
);

export const mountPathOf = traced(
  'mountPathOf',
  ({ name, mountPath }: WorkspaceDeclaration): string => mountPath || `${WORKSPACE_DIR}/${name}`,
);

/** The claim's name, the same at every look: from template, workspace and owner. */
const claimName = traced('claimName', (binding: WorkspaceBinding, taskRun: TaskRun): string => {
  const hash = createHash('sha256').update(`${binding.name}${taskRun.metadata.uid}`).digest('hex').slice(0, 10);
  return `${binding.volumeClaimTemplate?.metadata?.name || 'pvc'}-${hash}`;
});

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
    const ownerReferences = [taskRunOwner(taskRun, context.manage)];
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
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 409) throw error;
      const message = `failed to create PVC for TaskRun ${namespace}/${taskRun.metadata.name} workspaces correctly: ${error.message}`;
      throw new RunFailure('CouldntCreateWorkspacePVC', message);
    }
  },
);

/** The bindings with each volumeClaimTemplate made a claim, created unless it exists. */
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

const fnv32a = traced('fnv32a', (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
});

/** `ws-<hash>`, as upstream names the volumes. */
const volumeName = traced(
  'volumeName',
  (workspace: string): string => `ws-${fnv32a(workspace).toString(16).slice(0, 5).padEnd(5, '0')}`,
);

/** Each binding's volume, by workspace; bindings of one claim share it, because a Pod can't mount a claim twice. */
export const workspaceVolumes = traced(
  'workspaceVolumes',
  (bindings: readonly WorkspaceBinding[]): Map<string, V1Volume> => {
    const volumes = new Map<string, V1Volume>();
    const byClaim = new Map<string, V1Volume>();
    const used = new Set<string>();
    for (const { name: workspace, subPath: _subPath, volumeClaimTemplate: _template, ...source } of bindings) {
      let name = volumeName(workspace);
      while (used.has(name)) name = volumeName(`${name}$`);
      used.add(name);
      const claim = source.persistentVolumeClaim?.claimName;
      const volume = (claim !== undefined && byClaim.get(claim)) || { name, ...source };
      if (claim !== undefined) byClaim.set(claim, volume);
      volumes.set(workspace, volume);
    }
    return volumes;
  },
);

/** A sidecar keeps what it mounts at the path itself. */
const mountInSidecar = traced('mountInSidecar', (sidecar: Sidecar, mounts: readonly V1VolumeMount[]): Sidecar => {
  const taken = new Set((sidecar.volumeMounts ?? []).map(({ mountPath }) => cleanPath(mountPath)));
  const added = mounts.filter(({ mountPath }) => !taken.has(cleanPath(mountPath)));
  return { ...sidecar, volumeMounts: [...(sidecar.volumeMounts ?? []), ...added] };
});

/** The spec with its workspaces' volumes, mounted in every step (through the stepTemplate) and sidecar. */
export const mountWorkspaces = traced(
  'mountWorkspaces',
  (
    taskSpec: TaskSpec,
    declarations: readonly WorkspaceDeclaration[],
    bindings: readonly WorkspaceBinding[],
    volumes: ReadonlyMap<string, V1Volume>,
  ): TaskSpec => {
    if (bindings.length === 0) return taskSpec;
    const mounts = bindings.flatMap((binding): V1VolumeMount[] => {
      const volume = volumes.get(binding.name);
      const declaration = declarations.find(({ name }) => name === binding.name);
      if (!volume || !declaration) return [];
      return [
        {
          name: volume.name,
          mountPath: mountPathOf(declaration),
          ...(binding.subPath ? { subPath: binding.subPath } : {}),
          ...(declaration.readOnly ? { readOnly: true } : {}),
        },
      ];
    });
    const template = taskSpec.stepTemplate ?? {};
    return {
      ...taskSpec,
      stepTemplate: { ...template, volumeMounts: [...(template.volumeMounts ?? []), ...mounts] },
      sidecars: (taskSpec.sidecars ?? []).map((sidecar) => mountInSidecar(sidecar, mounts)),
      volumes: [...(taskSpec.volumes ?? []), ...new Set(volumes.values())],
    };
  },
);
