import type { PodLogRequest, PodLogSource } from '../../pod-logs.ts';
import type { ContainerRecord } from '../pod/container-record.ts';
import type { DepartedLogs } from './departed-logs.ts';
import { dropLines, lineCount } from './lines.ts';
import { readLog } from './read-log.ts';

const NEWLINE = 10;

/** Its last `count` lines, of which the very last may be incomplete; all of them without a count. */
function lastOf(log: Buffer, count = Infinity): Buffer {
  const lines = lineCount(log) + (log.at(-1) === NEWLINE ? 0 : 1);
  return dropLines(log, Math.max(0, lines - count)).rest;
}

/** Serves the logs of the Pods of this node, also of those that were deleted. `find` gives a Pod's containers, undefined for a Pod that isn't here. */
export function createPodLogSource(
  find: (namespace: string, pod: string) => ContainerRecord[] | undefined,
  departed: Pick<DepartedLogs, 'find'>,
  now: () => Date,
): PodLogSource {
  return {
    async *logs(request: PodLogRequest): AsyncGenerator<Buffer> {
      const { namespace, pod, container } = request;
      const records = find(namespace, pod);
      const kept = records ? undefined : departed.find(namespace, pod, container);
      if (kept) {
        yield lastOf(kept, request.tailLines);
        return;
      }
      const record = records?.find(({ spec }) => spec.name === container);
      if (!records) throw new Error(`pod ${pod} in namespace ${namespace} has not run on this node, or was deleted`);
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
