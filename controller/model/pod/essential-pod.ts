import type { Pod } from '../../../shared/kubernetes/pod.ts';

/**
 * The fields of a TaskRun's Pod that the controllers read: names, images and restart policies of its containers, its node, its status. The rest (scripts,
 * environment, volumes, managedFields) is most of a Pod, and would be most of the cache.
 */
export function essentialPod(pod: Pod): Pod {
  const { managedFields: _managedFields, ...metadata } = pod.metadata;
  if (!pod.spec) return { ...pod, metadata };
  const { containers, initContainers, nodeName } = pod.spec;
  const named = (all: typeof containers): typeof containers =>
    all.map(({ name, image, restartPolicy }) => ({
      name,
      ...(image === undefined ? {} : { image }),
      ...(restartPolicy === undefined ? {} : { restartPolicy }),
    }));
  const spec = {
    containers: named(containers),
    ...(initContainers ? { initContainers: named(initContainers) } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
  return { ...pod, metadata, spec };
}
