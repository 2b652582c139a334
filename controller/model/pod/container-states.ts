import type { ContainerState, ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';
import { withoutPrefix } from '../../../shared/tekton/containers.ts';
import { internalValue, parseTerminationMessage } from '../termination-message.ts';
import type { RunResult } from '../termination-message.ts';
import type { SidecarState, StepState } from '../../../shared/tekton/types.ts';

/** The termination reason: `Skipped`, `TimeoutExceeded` or `Cancelled` from the entrypoint, `Continued` for an ignored failure, else Kubernetes'. */
function terminationReason(results: readonly RunResult[], reason: string | undefined): string | undefined {
  return internalValue(results, 'Reason') ?? (internalValue(results, 'ExitCode') === undefined ? reason : 'Continued');
}

/** A terminated step's state with the entrypoint's values: the start in milliseconds, and an ignored exit code. */
function refined(state: ContainerState, results: readonly RunResult[] | undefined): ContainerState {
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
}

/** A step's state from its container's state. */
export function stepState(status: ContainerStatus): StepState {
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
}

export function sidecarState(status: ContainerStatus): SidecarState {
  return {
    ...status.state,
    name: withoutPrefix(status.name),
    container: status.name,
    ...(status.imageID ? { imageID: status.imageID } : {}),
  };
}

/** The containers' states in the order of the Pod's spec; the status has any order. */
export function inSpecOrder(pod: Pod): ContainerStatus[] {
  const statuses = new Map((pod.status?.containerStatuses ?? []).map((status) => [status.name, status]));
  return (pod.spec?.containers ?? []).flatMap(({ name }) => statuses.get(name) ?? []);
}
