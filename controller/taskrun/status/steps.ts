import type { ContainerState, ContainerStatus } from '../../../shared/kubernetes/pod.ts';
import type { SidecarState, StepState } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import { withoutPrefix } from '../../../shared/tekton/containers.ts';
import { internalValue, parseTerminationMessage } from '../../../shared/tekton/termination-message.ts';
import type { RunResult } from '../../../shared/tekton/termination-message.ts';

/** `Skipped`, `TimeoutExceeded` or `Cancelled` from the entrypoint, `Continued` for an ignored failure, else Kubernetes' reason. */
const terminationReason = traced(
  'terminationReason',
  (results: readonly RunResult[], reason: string | undefined): string | undefined =>
    internalValue(results, 'Reason') ?? (internalValue(results, 'ExitCode') === undefined ? reason : 'Continued'),
);

/** A terminated step's state with what only the entrypoint knows: its start in milliseconds, and the exit code it passed over. */
const refined = traced(
  'refined',
  (state: ContainerState, results: readonly RunResult[] | undefined): ContainerState => {
    const { terminated } = state;
    if (!terminated || !results) return state;
    const startedAt = internalValue(results, 'StartedAt');
    const exitCode = Number(internalValue(results, 'ExitCode') ?? terminated.exitCode);
    const visible = results.filter(({ type }) => type === 'TaskRunResult');
    const { message: _message, ...rest } = terminated;
    return {
      terminated: {
        ...rest,
        exitCode: Number.isInteger(exitCode) ? exitCode : terminated.exitCode,
        ...(startedAt !== undefined && !Number.isNaN(Date.parse(startedAt)) ? { startedAt } : {}),
        ...(visible.length > 0
          ? { message: JSON.stringify(visible.map(({ key, value }) => ({ key, value, type: 1 }))) }
          : {}),
      },
    };
  },
);

/** A step's state from its container's. */
export const stepState = traced('stepState', (status: ContainerStatus): StepState => {
  const { terminated } = status.state ?? {};
  const results = parseTerminationMessage(terminated?.message);
  const reason = terminated && terminationReason(results ?? [], terminated.reason);
  return {
    ...refined(status.state ?? {}, results),
    name: withoutPrefix(status.name),
    container: status.name,
    ...(status.imageID ? { imageID: status.imageID } : {}),
    ...(reason ? { terminationReason: reason } : {}),
  };
});

export const sidecarState = traced('sidecarState', (status: ContainerStatus): SidecarState => ({
  ...status.state,
  name: withoutPrefix(status.name),
  container: status.name,
  ...(status.imageID ? { imageID: status.imageID } : {}),
}));
