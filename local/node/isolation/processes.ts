import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { listProcesses } from './process-table.ts';

const TERMINATION_MS = 100;

export function childrenOf(pid: number): number[] {
  return listProcesses()
    .filter(({ parent }) => parent === pid)
    .map((info) => info.pid);
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
    return false; // It has just ended.
  }
}

/**
 * Sends SIGTERM to process 1 of a PID namespace. The kernel drops it while the process has no handler, for example before its exec. So it
 * is repeated until a handler has got one. A handler that is gone afterwards may be that of Node's start, which only passes the signal on.
 * Ends with the process, or when `over` aborts.
 */
export async function terminateInit(pid: number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const before = catchesTermination(pid);
    if (!sendSignal(pid, 'SIGTERM')) return;
    await delay(TERMINATION_MS, undefined, { signal: over }).catch(() => undefined);
    if (before && catchesTermination(pid)) return;
  }
}
