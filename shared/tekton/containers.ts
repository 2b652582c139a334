import { labelValue } from './label-value.ts';
import { childName } from './names.ts';
import type { TaskRun } from './types.ts';

/** Names of a TaskRun's Pod and its containers, as in upstream. */

const STEP_PREFIX = 'step-';
const SIDECAR_PREFIX = 'sidecar-';

/** The Pod's name of the TaskRun's present attempt. It is deterministic, so that the Pod can't be created twice. */
export function podNameOf(taskRun: TaskRun): string {
  const retries = taskRun.status?.retriesStatus?.length ?? 0;
  return childName(taskRun.metadata.name ?? '', retries > 0 ? `-pod-retry${retries}` : '-pod');
}

/** `step-<name>`, or `step-unnamed-<index>`; not shortened. */
export function stepName(name: string | undefined, index: number): string {
  return name ? `${STEP_PREFIX}${name}` : `${STEP_PREFIX}unnamed-${index}`;
}

export function stepContainerName(name: string | undefined, index: number): string {
  return labelValue(stepName(name, index));
}

/** `sidecar-<name>`; `sidecar` for an empty name. Upstream treats such a sidecar as an injected one: it is not in `status.sidecars`. */
export function sidecarContainerName(name: string): string {
  return labelValue(`${SIDECAR_PREFIX}${name}`);
}

export function isStepContainer(name: string): boolean {
  return name.startsWith(STEP_PREFIX);
}

export function isSidecarContainer(name: string): boolean {
  return name.startsWith(SIDECAR_PREFIX);
}

/** The step's or sidecar's own name. */
export function withoutPrefix(container: string): string {
  const prefix = [STEP_PREFIX, SIDECAR_PREFIX].find((each) => container.startsWith(each)) ?? '';
  return container.slice(prefix.length);
}
