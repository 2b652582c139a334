import fs from 'node:fs';

/** The bits of open(2)'s flags that say whether a file may be read or written. */
const ACCESS_MODE = 3;

/** One process of this machine. PIDs are reused; with the start time they are unique until a reboot. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  session: number;
  /** Its start time in clock ticks since boot. */
  startTicks: number;
}

/** Reads a process from /proc. Undefined if there is none, or only a zombie. */
export function readProcess(pid: number): ProcessInfo | undefined {
  const info = readEntry(pid);
  return info && info.state !== 'Z' && info.state !== 'X' ? info : undefined;
}

/** A child of this process, also a zombie. Undefined if it was reaped or never started. */
export function identityOf(pid: number | undefined): Pick<ProcessInfo, 'pid' | 'startTicks'> | undefined {
  return pid === undefined ? undefined : readEntry(pid);
}

/** Whether this process, not another one with a reused PID, still runs. */
export const stillRuns = ({ pid, startTicks }: Pick<ProcessInfo, 'pid' | 'startTicks'>): boolean =>
  readProcess(pid)?.startTicks === startTicks;

function readEntry(pid: number): (ProcessInfo & { state: string }) | undefined {
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // There is no such process, or it has just ended.
  }
  // proc(5): the name, in brackets, may hold spaces and brackets; state is the third field, starttime the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, , session] = fields;
  return { pid, state, parent: Number(parent), session: Number(session), startTicks: Number(fields[19]) };
}

/** The processes of this machine that run. */
export function listProcesses(): ProcessInfo[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((info) => info !== undefined);
}

/** Whether the process started with an entry (`NAME=value`) in its environment that `matches`. False if that can't be read. */
export function hasVariable(pid: number, matches: (entry: string) => boolean): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').some(matches);
  } catch {
    return false; // It ended, or is another user's.
  }
}

/** The user a process runs as, undefined when it has ended. */
export function userOf(pid: number): number | undefined {
  return fs.statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

/** Whether the process can write to an open file that /proc shows by a name that `matches`. False if that can't be read. */
export function writesTo(pid: number, matches: (link: string) => boolean): boolean {
  let descriptors: string[];
  try {
    descriptors = fs.readdirSync(`/proc/${pid}/fd`);
  } catch {
    return false; // It ended, or is another user's.
  }
  return descriptors.some((descriptor) => {
    try {
      if (!matches(fs.readlinkSync(`/proc/${pid}/fd/${descriptor}`))) return false;
      const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1'))?.[1];
      return (parseInt(flags ?? '0', 8) & ACCESS_MODE) !== fs.constants.O_RDONLY;
    } catch {
      return false; // It has just been closed.
    }
  });
}
