import type { V1Container, V1EnvVar, V1VolumeMount } from '@kubernetes/client-node';

import { stepContainerName } from '../../../shared/tekton/containers.ts';
import { cleanPath } from '../pod-paths.ts';
import type { Sidecar, Step } from '../../../shared/tekton/types.ts';
import { BIN_READ_ONLY_MOUNT, credentialsMount, IMPLICIT_MOUNTS, runMounts } from './volumes.ts';

/** The step's fields that a container has, too. */
export function stepContainer(step: Step, index: number): V1Container {
  const { script: _script, timeout: _timeout, onError: _onError, computeResources, ...fields } = step;
  return {
    ...fields,
    name: stepContainerName(step.name, index),
    ...(computeResources ? { resources: computeResources } : {}),
  };
}

/** The sidecar's fields that a container has, too. The name is the sidecar's, '' if it has none. */
export function sidecarContainer(sidecar: Sidecar): V1Container {
  const { script: _script, computeResources, ...fields } = sidecar;
  return { ...fields, name: sidecar.name ?? '', ...(computeResources ? { resources: computeResources } : {}) };
}

/** The step's container with the mounts of every step, except at paths where it has its own mount. */
function withImplicitMounts(own: V1VolumeMount[]): V1VolumeMount[] {
  const taken = new Set(own.map(({ mountPath }) => cleanPath(mountPath)));
  const implicit = [BIN_READ_ONLY_MOUNT, ...IMPLICIT_MOUNTS];
  return [...own, ...implicit.filter(({ mountPath }) => !taken.has(mountPath))];
}

/** Adds the podTemplate's environment and the mounts of every step. */
export function finishStepContainer(
  container: V1Container,
  index: number,
  steps: number,
  podEnv: V1EnvVar[],
): V1Container {
  const env = [...(container.env ?? []), ...podEnv];
  const mounts = [...(container.volumeMounts ?? []), credentialsMount(index), ...runMounts(index, steps)];
  return { ...container, ...(env.length > 0 ? { env } : {}), volumeMounts: withImplicitMounts(mounts) };
}
