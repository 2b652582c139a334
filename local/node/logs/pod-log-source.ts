import type { PodLogRequest, PodLogSource } from '../../pod-logs.ts';
import type { ContainerRecord } from '../pod/container-record.ts';
import { readLog } from './read-log.ts';

/** Serves the logs of the Pods of this node. `find` gives a Pod's containers, undefined for a Pod that isn't here. */
export function createPodLogSource(
  find: (namespace: string, pod: string) => ContainerRecord[] | undefined,
  now: () => Date,
): PodLogSource {
  return {
    async *logs(request: PodLogRequest): AsyncGenerator<Buffer> {
      const { namespace, pod, container } = request;
      const records = find(namespace, pod);
      const record = records?.find(({ spec }) => spec.name === container);
      if (!records) throw new Error(`pod ${pod} in namespace ${namespace} has not run on this node`);
      if (!record) throw new Error(`container ${container} is not valid for pod ${pod}`);
      if (!record.log) {
        throw new Error(
          `container "${container}" in pod "${pod}" is waiting to start: ${record.state.waiting?.reason ?? 'ContainerCreating'}`,
        );
      }
      yield* readLog(record.log, request, now);
    },
  };
}
