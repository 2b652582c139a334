import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';

/**
 * Whether an init container runs on beside the steps: upstream's sidecars have such a name, and whoever injects one sets its restart policy
 * (Kubernetes: "sidecar containers").
 */
export function isNativeSidecar({ spec }: Pod, { name }: ContainerStatus): boolean {
  const container = spec?.initContainers?.find((one) => one.name === name);
  return container?.restartPolicy === 'Always' || /^sidecar(-|$)/.test(name);
}
