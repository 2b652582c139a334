import { createHash } from 'node:crypto';

import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';

import { cleanPath, WORKSPACE_DIR } from './pod-paths.ts';
import type { Sidecar, TaskRun, TaskSpec, WorkspaceBinding, WorkspaceDeclaration } from '../../shared/tekton/types.ts';

/** The declared workspaces, plus the bindings that an embedded task uses without a declaration (propagated). */
export function declarationsOf(taskRun: TaskRun, taskSpec: TaskSpec): WorkspaceDeclaration[] {
  const declared = taskSpec.workspaces ?? [];
  if (!taskRun.spec.taskSpec) return declared;
  const names = new Set(declared.map(({ name }) => name));
  const propagated = (taskRun.spec.workspaces ?? []).filter(({ name }) => !names.has(name));
  return [...declared, ...propagated.map(({ name }) => ({ name }))];
}

export function mountPathOf({ name, mountPath }: WorkspaceDeclaration): string {
  return mountPath || `${WORKSPACE_DIR}/${name}`;
}

/** The claim's name, deterministic from template, workspace and owner. */
export function claimName(binding: WorkspaceBinding, taskRun: TaskRun): string {
  const hash = createHash('sha256').update(`${binding.name}${taskRun.metadata.uid}`).digest('hex').slice(0, 10);
  return `${binding.volumeClaimTemplate?.metadata?.name || 'pvc'}-${hash}`;
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** `ws-<hash>`, upstream's name of the volume. */
function volumeName(workspace: string): string {
  return `ws-${fnv32a(workspace).toString(16).slice(0, 5).padEnd(5, '0')}`;
}

/** Each binding's volume, by workspace. Bindings of one claim share a volume, because a Pod can't have a claim twice. */
export function workspaceVolumes(bindings: readonly WorkspaceBinding[]): Map<string, V1Volume> {
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
}

/** The sidecar with the workspaces' mounts, except at paths where it has its own mount. */
function mountInSidecar(sidecar: Sidecar, mounts: readonly V1VolumeMount[]): Sidecar {
  const taken = new Set((sidecar.volumeMounts ?? []).map(({ mountPath }) => cleanPath(mountPath)));
  const added = mounts.filter(({ mountPath }) => !taken.has(cleanPath(mountPath)));
  return { ...sidecar, volumeMounts: [...(sidecar.volumeMounts ?? []), ...added] };
}

/** The spec with its workspaces' volumes, mounted in every step (by the stepTemplate) and sidecar. */
export function mountWorkspaces(
  taskSpec: TaskSpec,
  declarations: readonly WorkspaceDeclaration[],
  bindings: readonly WorkspaceBinding[],
  volumes: ReadonlyMap<string, V1Volume>,
): TaskSpec {
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
}
