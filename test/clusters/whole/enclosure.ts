import { execFile, spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const POLL_MS = 50;
const TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Namespaces of the kernel (processes, network, mounts) with a first process: when that ends, everything in them ends with it. */
export interface Enclosure {
  /** Of the first process, as this machine sees it. */
  pid: number;
  /** The command line that runs a program in them. */
  command(program: string, args: string[]): string[];
  /** Runs a program in them to its end and gives its standard output. Throws with its standard error. */
  run(program: string, args: string[]): Promise<string>;
}

/** Collects what its orphans leave, as a first process has to. */
const FIRST_PROCESS = 'while :; do sleep 86400 & wait $!; done';

const MARKER = 'tektrace-cluster:';
const markerOf = (directory: string): string => `${MARKER}${directory}`;

function enclosure(pid: number): Enclosure {
  const command = (program: string, args: string[]): string[] => [
    'nsenter',
    `--target=${pid}`,
    '--net',
    '--mount',
    '--pid',
    '--',
    program,
    ...args,
  ];
  return {
    pid,
    command,
    run: async (program, args) => {
      const [nsenter = '', ...rest] = command(program, args);
      return (await run(nsenter, rest, { maxBuffer: MAX_OUTPUT_BYTES, timeout: COMMAND_TIMEOUT_MS })).stdout;
    },
  };
}

/** The command line and the process numbers from here down to its own namespace; undefined when it has ended. */
async function processOf(pid: number): Promise<{ args: string[]; numbers: string[] } | undefined> {
  try {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return { args, numbers: (/^NSpid:\s+(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/) };
  } catch {
    return undefined;
  }
}

/** The first processes of all enclosures, with their markers. /proc is asked, so that no file can be out of date. */
async function firstProcesses(): Promise<{ pid: number; marker: string }[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const one = await processOf(pid);
      const marker = one?.args.at(-1) ?? '';
      const isFirst = one !== undefined && one.numbers.length > 1 && one.numbers.at(-1) === '1';
      return isFirst && marker.startsWith(MARKER) ? [{ pid, marker }] : [];
    }),
  );
  return found.flat();
}

/** The enclosure that was opened for `directory`, by this process or an earlier one. */
export async function findEnclosure(directory: string): Promise<Enclosure | undefined> {
  const first = (await firstProcesses()).find(({ marker }) => marker === markerOf(directory));
  return first === undefined ? undefined : enclosure(first.pid);
}

/** Whether there is an enclosure of any directory. */
export async function anyEnclosure(): Promise<boolean> {
  return (await firstProcesses()).length > 0;
}

/** Opens an enclosure. With `outlives` it is there until it is closed, else it ends with this process, however that ends. */
export async function openEnclosure(directory: string, outlives: boolean): Promise<Enclosure> {
  const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const unshare = ['unshare', ...flags, 'sh', '-c', FIRST_PROCESS, markerOf(directory)];
  const [program = '', ...args] = outlives ? unshare : ['setpriv', '--pdeathsig', 'KILL', ...unshare];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  child.unref();
  let problem = '';
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  child.once('error', (error) => (problem += error.message));
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const opened = await findEnclosure(directory);
    if (opened !== undefined) {
      child.stderr.destroy();
      return opened;
    }
    if (problem !== '' || child.exitCode !== null || Date.now() > deadline)
      throw new Error(
        `this machine gives no namespaces of its own to a cluster: ${problem.trim() || `${program} ended`}`,
      );
    await delay(POLL_MS);
  }
}

/** Whether a process has ended. A first process ends after all others of its enclosure, and is without a command line long before that. */
async function hasEnded(pid: number): Promise<boolean> {
  try {
    return /\) [ZX] /.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Ends all processes of `directory`'s enclosure; its mounts, network interfaces and packet filter rules end with them. */
export async function closeEnclosure(directory: string): Promise<void> {
  const found = await findEnclosure(directory);
  if (found === undefined) return;
  try {
    process.kill(found.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadline = Date.now() + TIMEOUT_MS;
  while (!(await hasEnded(found.pid))) {
    if (Date.now() > deadline) throw new Error(`the cluster's first process, ${found.pid}, does not end on SIGKILL`);
    await delay(POLL_MS);
  }
}
