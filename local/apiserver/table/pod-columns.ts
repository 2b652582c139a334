import { isObject, objectsIn, textAt, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { age } from './age.ts';
import type { Cell, Column } from './column.ts';

function inner(status: JsonObject, ...path: string[]): JsonObject | undefined {
  const value = valueAt(status, ...path);
  return isObject(value) ? value : undefined;
}

function ended(terminated: JsonObject): string {
  const { reason, signal, exitCode } = terminated;
  if (typeof reason === 'string' && reason !== '') return reason;
  return typeof signal === 'number' && signal !== 0 ? `Signal:${signal}` : `ExitCode:${String(exitCode)}`;
}

function isSidecar(pod: KubeObject, name: unknown): boolean {
  return objectsIn(valueAt(pod, 'spec', 'initContainers')).some(
    (one) => one['name'] === name && one['restartPolicy'] === 'Always',
  );
}

function initReason(pod: KubeObject): string | undefined {
  const total = objectsIn(valueAt(pod, 'spec', 'initContainers')).length;
  const statuses = objectsIn(valueAt(pod, 'status', 'initContainerStatuses'));
  for (const [index, status] of statuses.entries()) {
    const terminated = inner(status, 'state', 'terminated');
    if (terminated?.['exitCode'] === 0) continue;
    if (isSidecar(pod, status['name']) && status['started'] === true) continue;
    if (terminated !== undefined) return `Init:${ended(terminated)}`;
    const waiting = inner(status, 'state', 'waiting')?.['reason'];
    if (typeof waiting === 'string' && waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

function containerReason(pod: KubeObject): { reason?: string; running: boolean } {
  let reason: string | undefined;
  let running = false;
  for (const status of objectsIn(valueAt(pod, 'status', 'containerStatuses')).reverse()) {
    const waiting = inner(status, 'state', 'waiting')?.['reason'];
    const terminated = inner(status, 'state', 'terminated');
    if (typeof waiting === 'string' && waiting !== '') reason = waiting;
    else if (terminated !== undefined) reason = ended(terminated);
    else if (status['ready'] === true && inner(status, 'state', 'running') !== undefined) running = true;
  }
  return { ...(reason === undefined ? {} : { reason }), running };
}

/** kubectl's STATUS column: from phase, reasons of containers and deletion. */
export function podStatus(pod: KubeObject): string {
  const phase = textAt(pod, 'status', 'phase');
  const podReason = valueAt(pod, 'status', 'reason');
  let shown = typeof podReason === 'string' && podReason !== '' ? podReason : phase;
  const init = initReason(pod);
  if (init !== undefined) shown = init;
  else {
    const { reason, running } = containerReason(pod);
    if (reason !== undefined) shown = reason;
    if (shown === 'Completed' && running) {
      const ready = objectsIn(valueAt(pod, 'status', 'conditions')).some(
        (one) => one['type'] === 'Ready' && one['status'] === 'True',
      );
      shown = ready ? 'Running' : 'NotReady';
    }
  }
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  return deleting && phase !== 'Failed' && phase !== 'Succeeded' ? 'Terminating' : shown;
}

function sidecarStatuses(pod: KubeObject): JsonObject[] {
  return objectsIn(valueAt(pod, 'status', 'initContainerStatuses')).filter((status) => isSidecar(pod, status['name']));
}

function readyCell(pod: KubeObject): Cell {
  const sidecars = objectsIn(valueAt(pod, 'spec', 'initContainers')).filter((one) => one['restartPolicy'] === 'Always');
  const total = objectsIn(valueAt(pod, 'spec', 'containers')).length + sidecars.length;
  const statuses = [...objectsIn(valueAt(pod, 'status', 'containerStatuses')), ...sidecarStatuses(pod)];
  const ready = statuses.filter(
    (status) => status['ready'] === true && inner(status, 'state', 'running') !== undefined,
  );
  return `${ready.length}/${total}`;
}

function restartsCell(pod: KubeObject): Cell {
  const statuses = [...objectsIn(valueAt(pod, 'status', 'containerStatuses')), ...sidecarStatuses(pod)];
  return String(statuses.reduce((sum, status) => sum + Number(status['restartCount'] ?? 0), 0));
}

function plain(name: string, value: (pod: KubeObject, now: Date) => Cell, priority = 0, type = 'string'): Column {
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority, value };
}

function shownAt(...path: string[]): (pod: KubeObject) => Cell {
  return (pod) => {
    const value = valueAt(pod, ...path);
    return typeof value === 'string' && value !== '' ? value : '<none>';
  };
}

export const podColumns: Column[] = [
  plain('Name', (pod) => pod.metadata.name ?? ''),
  plain('Ready', readyCell),
  plain('Status', podStatus),
  plain('Restarts', restartsCell),
  plain('Age', (pod, now) => age(pod.metadata.creationTimestamp, now)),
  plain('IP', shownAt('status', 'podIP'), 1),
  plain('Node', shownAt('spec', 'nodeName'), 1),
  plain('Nominated Node', shownAt('status', 'nominatedNodeName'), 1),
  plain('Readiness Gates', () => '<none>', 1),
];

/** A Pod that has ended is marked as completed. */
export function podRowConditions(pod: KubeObject): JsonObject[] {
  const phase = valueAt(pod, 'status', 'phase');
  if (phase !== 'Succeeded' && phase !== 'Failed') return [];
  const message = phase === 'Failed' ? 'The pod failed.' : 'The pod has completed successfully.';
  return [{ type: 'Completed', status: 'True', reason: phase, message }];
}
