import type { Pod } from '../../shared/kubernetes/pod.ts';
import { containerFailure } from '../model/pod/container-failure.ts';
import { allContainers } from '../model/pod/waiting.ts';
import type { RunFailure } from '../model/run-failure.ts';
import { traced } from '../../shared/tracing/traced.ts';

/** The reason if a container of the Pod can't start, and waiting does not help; else undefined. */
export const checkPodFailed = traced(
  'checkPodFailed',
  (taskRunName: string, pod: Pod | undefined): RunFailure | undefined => {
    if (!pod) return undefined;
    const specs = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    for (const status of allContainers(pod)) {
      const image = specs.find(({ name }) => name === status.name)?.image ?? status.image ?? '';
      const failure = containerFailure(taskRunName, status, image);
      if (failure) return failure;
    }
    return undefined;
  },
);
