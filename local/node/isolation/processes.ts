import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

interface ProcessInfo {
  pid: number;
  parent: number;
  session: number;
}

const RESCAN_MS = 5;
const MAX_SCANS = 400;
const TERMINATION_MS = 100;

function readProcess(pid: number): ProcessInfo | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : { pid, parent: Number(parent), session: Number(session) };
  } catch {
    return undefined; // It ended while we looked.
  }
}

/** The processes of this machine, without those that have ended and only wait to be collected. */
function listProcesses(): ProcessInfo[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((info) => info !== undefined);
}

export function childrenOf(pid: number): number[] {
  return listProcesses()
    .filter(({ parent }) => parent === pid)
    .map((info) => info.pid);
}

function marked(pid: number, marker: string): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(marker);
  } catch {
    return false;
  }
}

/** Sends a signal; false when there is no such process. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether the process has a handler for SIGTERM. */
function catchesTermination(pid: number): boolean {
  try {
    const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    return ((BigInt(`0x${caught}`) >> BigInt(os.constants.signals.SIGTERM - 1)) & 1n) === 1n;
  } catch {
    return false; // It ended while we looked.
  }
}

/**
 * Sends SIGTERM to process 1 of a PID namespace, which the kernel drops while that has no handler, as when it still becomes the program
 * it is to be: again and again until one is sent to a handler. A handler that is gone afterwards may have been Node's
 * own, of its start, which only passes the signal on. Ends with the process, or when `over` aborts.
 */
export async function terminateInit(pid: number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const before = catchesTermination(pid);
    if (!sendSignal(pid, 'SIGTERM')) return;
    await delay(TERMINATION_MS, undefined, { signal: over }).catch(() => undefined);
    if (before && catchesTermination(pid)) return;
  }
}

/** `leader`, whoever descends from it or is in its session, and whoever carries `marker` (`NAME=value`) in its environment. */
function family(leader: number, marker: string): number[] {
  const all = listProcesses();
  const found = new Set(
    all.filter(({ pid, session }) => pid === leader || session === leader || marked(pid, marker)).map(({ pid }) => pid),
  );
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Kills a container's processes until none is left, whatever sessions they moved to. Throws when some can't be killed. */
export async function killFamily(leader: number, marker: string): Promise<void> {
  for (let scan = 0; scan < MAX_SCANS; scan++) {
    const pids = family(leader, marker);
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await delay(RESCAN_MS);
  }
  throw new Error(`processes ${family(leader, marker).join(', ')} could not be killed`);
}
