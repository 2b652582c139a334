import { childName } from '../../../shared/tekton/names.ts';
import type { TaskRun } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

const MAX_CONTAINER_NAME = 63;
const STEP_PREFIX = 'step-';
const SIDECAR_PREFIX = 'sidecar-';

/** The name of the Pod of the TaskRun's present attempt: always the same one, so that it can't be created twice. */
export const podNameOf = traced('podNameOf', (taskRun: TaskRun): string => {
  const retries = taskRun.status?.retriesStatus?.length ?? 0;
  return childName(taskRun.metadata.name ?? '', retries > 0 ? `-pod-retry${retries}` : '-pod');
});

/** `step-<name>`, or `step-unnamed-<index>`; not shortened. */
export const stepName = traced('stepName', (name: string | undefined, index: number): string =>
  name ? `${STEP_PREFIX}${name}` : `${STEP_PREFIX}unnamed-${index}`,
);

/** A container's name within the length the API allows, ending in a letter or digit. */
const restrictLength = traced('restrictLength', (name: string): string =>
  name.slice(0, MAX_CONTAINER_NAME).replace(/[^a-zA-Z0-9]+$/, ''),
);

export const stepContainerName = traced('stepContainerName', (name: string | undefined, index: number): string =>
  restrictLength(stepName(name, index)),
);

export const sidecarContainerName = traced('sidecarContainerName', (name: string): string =>
  restrictLength(`${SIDECAR_PREFIX}${name}`),
);

export const isStepContainer = traced('isStepContainer', (name: string): boolean => name.startsWith(STEP_PREFIX));

export const isSidecarContainer = traced('isSidecarContainer', (name: string): boolean =>
  name.startsWith(SIDECAR_PREFIX),
);

export const trimStepPrefix = traced('trimStepPrefix', (container: string): string =>
  isStepContainer(container) ? container.slice(STEP_PREFIX.length) : container,
);

export const trimSidecarPrefix = traced('trimSidecarPrefix', (container: string): string =>
  isSidecarContainer(container) ? container.slice(SIDECAR_PREFIX.length) : container,
);
