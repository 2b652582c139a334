import { isObjectName } from '../../local/viewer/log-place.ts';
import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { printable } from '../waterfall/display-width.ts';
import { kubectl } from './cancel.ts';
import type { Failure } from './failures.ts';

/** A command for each sidecar of hundreds of tasks helps nobody. */
const MAX_COMMANDS = 5;

/** How a person reaches the cluster of a run after the run. */
export interface ClusterAccess {
  kubeconfigFile: string | undefined;
  /** Whether the cluster goes on after the command. */
  isKept: boolean;
}

/**
 * Lines that say how to read the logs of sidecars, which are not shown, as in tkn. None for sidecars that did not start, and for those whose last lines were
 * shown (`quoted`).
 */
export function sidecarLogLines(
  taskRuns: readonly TaskRun[],
  quoted: readonly Failure[],
  { kubeconfigFile, isKept }: ClusterAccess,
): string[] {
  const sidecars = taskRuns.flatMap(({ metadata, status }) =>
    (status?.sidecars ?? [])
      .filter(({ running, terminated }) => running ?? terminated?.startedAt)
      .map(({ container = '' }) => ({ metadata, pod: status?.podName ?? '', container }))
      // A status may have any text: only a name gets into a command.
      .filter(({ pod, container }) => [metadata.namespace ?? '', pod, container].every(isObjectName))
      .filter(({ pod, container }) => !quoted.some((one) => one.pod === pod && one.container === container)),
  );
  if (sidecars.length === 0) return [];
  if (!isKept) return ['logs of sidecars are not shown; tektrace up keeps them for kubectl logs'];
  const commands = sidecars.slice(0, MAX_COMMANDS).map(({ metadata, pod, container }) => {
    const task = metadata.labels?.[LABEL_PIPELINE_TASK] ?? metadata.name ?? '';
    const command = `${kubectl(kubeconfigFile)} logs -n ${metadata.namespace} ${pod} -c ${container}`;
    return printable(`${task} ${container}, not shown: ${command}`);
  });
  const more = sidecars.length - commands.length;
  return more > 0 ? [...commands, `and ${more} more sidecars`] : commands;
}
