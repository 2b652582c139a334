import type { Pod } from '../kubernetes/pod.ts';
import { POD_READY, POD_READY_VALUE } from './annotations.ts';

/**
 * Whether the Pod's first step may start. The controller sets the annotation when each sidecar is ready (upstream: `UpdateReady`), or creates the Pod with
 * it where nothing is waited for. Until then the step's container runs, but not its command.
 */
export function mayStart({ metadata }: Pod): boolean {
  return metadata.annotations?.[POD_READY] === POD_READY_VALUE;
}
