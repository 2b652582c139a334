import type { V1Container } from '@kubernetes/client-node';

import { formatDuration, parseDurationMs } from '../../../shared/tekton/duration.ts';
import { DOWNWARD_DIR, ENTRYPOINT, RUN_DIR, TERMINATION_PATH } from '../pod-paths.ts';
import type { Step, TaskSpec } from '../../../shared/tekton/types.ts';
import { DOWNWARD_MOUNT } from './volumes.ts';

/** The arguments for the file that a step waits for: the Pod's readiness (first step, unless it may start at once), else the previous step's. */
function waitArgs(index: number, waitForReady: boolean): string[] {
  if (index > 0) return ['-wait_file', `${RUN_DIR}/${index - 1}/out`];
  return waitForReady ? ['-wait_file', `${DOWNWARD_DIR}/ready`, '-wait_file_content'] : [];
}

function stepArgs({ onError, timeout }: Step): string[] {
  const timeoutMs = parseDurationMs(timeout);
  return [
    ...(onError ? ['-on_error', onError] : []),
    ...(timeoutMs === undefined ? [] : ['-timeout', formatDuration(timeoutMs)]),
  ];
}

/**
 * The step's container with the entrypoint as its command. It keeps the steps in order, reports results and times, and applies the step's
 * timeout. The order of its arguments is upstream's. The container must have a command.
 */
export function runByEntrypoint(
  container: V1Container,
  index: number,
  taskSpec: TaskSpec,
  waitForReady: boolean,
): V1Container {
  const [program, ...programArgs] = container.command ?? [];
  const results = (taskSpec.results ?? []).map(({ name }) => name);
  const mounts = container.volumeMounts ?? [];
  return {
    ...container,
    command: [ENTRYPOINT],
    args: [
      ...waitArgs(index, waitForReady),
      '-post_file',
      `${RUN_DIR}/${index}/out`,
      '-termination_path',
      TERMINATION_PATH,
      '-step_metadata_dir',
      `${RUN_DIR}/${index}/status`,
      ...stepArgs(taskSpec.steps?.[index] ?? {}),
      ...(results.length > 0 ? ['-results', results.join(',')] : []),
      ...(program === undefined ? [] : ['-entrypoint', program]),
      '--',
      ...programArgs,
      ...(container.args ?? []),
    ],
    terminationMessagePath: TERMINATION_PATH,
    volumeMounts: index === 0 && waitForReady ? [...mounts, DOWNWARD_MOUNT] : mounts,
  };
}
