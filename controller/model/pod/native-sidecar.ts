import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';

/**
 * Whether an init container runs beside the steps: upstream's sidecars by their name, injected ones by their restart policy (Kubernetes: "sidecar
 * containers").
 */
export function isNativeSidecar({ spec }: Pod, { name }: ContainerStatus): boolean {
  const container = spec?.initContainers?.find((one) => one.name === name);
  return container?.restartPolicy === 'Always' || /^sidecar(-|$)/.test(name);
}
