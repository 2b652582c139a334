import { setTimeout as delay } from 'node:timers/promises';

import { hasVariable, listProcesses, stillRuns, userOf, writesTo } from './process-table.ts';
import type { ProcessInfo } from './process-table.ts';

/** This variable identifies the container and node of a process that left its session. */
export const MARKER_VARIABLE = 'TEKTRACE_CONTAINER_ID';

/** What identifies the processes of a container without a PID namespace. */
export interface Family {
  /** The container's main process, which leads a session. Undefined when it could not be started. */
  leader: Pick<ProcessInfo, 'pid' | 'startTicks'> | undefined;
  /** `NAME=value`, in no other container's environment. */
  marker: string;
  /** The pipes of the container's output, as /proc names them, and the user that writes to them. */
  outputs: string[];
  uid: number;
}

type Started = Family & { leader: NonNullable<Family['leader']> };

const RESCAN_MS = 5;
const GIVE_UP_MS = 5_000;

/**
 * The members of a family among `processes`: the leader, its session and descendants, processes with the mark, and writers to its output.
 * Processes older than the leader are none. `session`: whether the session still counts; its number may be reused once it is empty.
 */
function members(family: Started, processes: ProcessInfo[], session: boolean): ProcessInfo[] {
  const { leader, marker, outputs, uid } = family;
  const younger = processes.filter(({ startTicks }) => startTicks >= leader.startTicks);
  const isWriter = (pid: number): boolean => userOf(pid) === uid && writesTo(pid, (link) => outputs.includes(link));
  const found = new Set(
    younger
      .filter(
        (one) =>
          (one.pid === leader.pid && one.startTicks === leader.startTicks) ||
          (session && one.session === leader.pid) ||
          hasVariable(one.pid, (entry) => entry === marker) ||
          isWriter(one.pid),
      )
      .map(({ pid }) => pid),
  );
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of younger) if (found.has(parent)) found.add(pid);
  }
  return younger.filter(({ pid }) => found.has(pid));
}

/** Sends SIGKILL, but not to another process that has reused the PID. False if this user may not. */
export function killProcess(one: Pick<ProcessInfo, 'pid' | 'startTicks'>): boolean {
  if (!stillRuns(one)) return true;
  try {
    process.kill(one.pid, 'SIGKILL');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Kills a container's processes in all sessions until none is left. Resolves with those that can't be killed: of another user, or blocked
 * in the kernel.
 */
export async function killFamily(family: Family): Promise<number[]> {
  const { leader } = family;
  if (!leader) return [];
  let session = true;
  for (const startMs = performance.now(); ;) {
    let processes: ProcessInfo[];
    try {
      processes = listProcesses();
    } catch (error) {
      // Possibly no descriptor is left at the moment. Giving up would leave them running.
      if (performance.now() - startMs > GIVE_UP_MS) throw error;
      await delay(RESCAN_MS);
      continue;
    }
    const reused = processes.some(({ pid, startTicks }) => pid === leader.pid && startTicks !== leader.startTicks);
    session &&= !reused && processes.some((one) => one.session === leader.pid);
    const found = members({ ...family, leader }, processes, session);
    const refused = found.filter((one) => !killProcess(one));
    if (refused.length === found.length || performance.now() - startMs > GIVE_UP_MS) return found.map(({ pid }) => pid);
    await delay(RESCAN_MS);
  }
}

/** Kills the processes of containers without namespaces of the node `product`, which has ended, in its `directory`. */
export function killLeftBehind(product: string, directory: string): void {
  const mark = `${MARKER_VARIABLE}=${product}.`;
  const inside = (link: string): boolean => link.startsWith(`${directory}/`) && link.endsWith(' (deleted)');
  const isWriter = (pid: number): boolean => userOf(pid) === process.getuid?.() && writesTo(pid, inside);
  for (const one of listProcesses())
    if (hasVariable(one.pid, (entry) => entry.startsWith(mark)) || isWriter(one.pid)) killProcess(one);
}
