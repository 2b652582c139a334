import type { ChildProcess, SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { Environment } from '../container/env.ts';
import { WORKING_DIRECTORY_VARIABLE } from '../entrypoint/working-directory.ts';
import type { WorkingDirectory } from '../entrypoint/working-directory.ts';
import { LEASH, switchUser } from './credentials.ts';
import { environmentScript, quote, UMASK, underEnvironment } from './environment.ts';
import { exec } from './exec.ts';
import type { ExecResult } from './exec.ts';
import { StartFailure } from './isolation.ts';
import type { Exit, Isolation, Launch, RunningContainer } from './isolation.ts';
import { openOutput } from './output.ts';
import { childrenOf, sendSignal, terminateInit } from './processes.ts';
import { layOutRoot } from './root-layout.ts';
import { startProcess } from './start-process.ts';
import { requireTool } from './tools.ts';

const MAX_HOSTNAME_LENGTH = 63;
const STARTED = '\u0001started\n';

/**
 * Process 1 of the container: mounts its root, enters it, and executes the command with its variables on descriptor 0. Reports on standard
 * error, which is not the container's; descriptors 3 and 4 are the container's output.
 */
const SETUP = `set -e
exec 1>&2
umask ${UMASK}
tektrace_setup_directory=$1 tektrace_setup_mount=$2 tektrace_setup_umount=$3 tektrace_setup_pivot_root=$4
tektrace_setup_mkdir=$5 tektrace_setup_hostname=$6 tektrace_setup_workdir=$7 tektrace_setup_waits=$8
shift 8
exec < "$tektrace_setup_directory/variables"
"$tektrace_setup_mount" --all --fstab "$tektrace_setup_directory/fstab"
while read -r tektrace_setup_options tektrace_setup_target; do
  "$tektrace_setup_mount" -o "$tektrace_setup_options" "$tektrace_setup_target"
done < "$tektrace_setup_directory/remounts"
# Terminals of its own, for programs that make some (script, expect). A kernel that refuses them refuses only those.
"$tektrace_setup_mount" -t devpts -o newinstance,ptmxmode=0666,mode=0620,nosuid,noexec devpts "$tektrace_setup_directory/root/dev/pts" || :
printf %s "$tektrace_setup_hostname" > /proc/sys/kernel/hostname || :
cd "$tektrace_setup_directory/root"
"$tektrace_setup_pivot_root" . .
"$tektrace_setup_umount" -l .
{ "$tektrace_setup_mkdir" -p -- "$tektrace_setup_workdir" && cd -- "$tektrace_setup_workdir"; } || "$tektrace_setup_waits"
exec "$@"
`;

/** The container's variables, with the entrypoint's one for the working directory. */
function withWorkingDirectory({ env, waits, workingDir }: Launch): Environment {
  if (!waits) return env;
  const place: WorkingDirectory = { path: workingDir, base: '/', relative: workingDir };
  return { ...env, [WORKING_DIRECTORY_VARIABLE]: JSON.stringify(place) };
}

const TOOLS = ['mount', 'umount', 'pivot_root', 'mkdir'];

/** The last report to the node: whether the program exists in the container. */
function reportStart(program: string): string {
  const missing = `exec: "${program}": executable file not found in $PATH`;
  return `command -v -- ${quote(program)} >/dev/null || { printf %s ${quote(missing)}; exit 127; }
printf '\\001started\\n'
exec 1>&3 2>&4 3>&- 4>&-`;
}

interface Report {
  /** Resolves when the setup reports that the command runs; rejects with a StartFailure if it fails. */
  started: Promise<void>;
  /** unshare's report of the container's end; resolves when unshare ends. */
  afterStart: Promise<string>;
}

function readReport(child: ChildProcess): Report {
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  let runs = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk);
    const end = said.indexOf(STARTED);
    if (runs || end < 0) return;
    [runs, said] = [true, said.slice(end + STARTED.length)];
    resolve();
  });
  child.on('error', (error) => reject(new StartFailure(error.message)));
  const afterStart = new Promise<string>((ended) => {
    child.stderr?.on('close', () => {
      reject(new StartFailure(said.trim() || 'the container ended before its command was started'));
      ended(said);
    });
  });
  return { started, afterStart };
}

/**
 * The exit code in a shell's form. After a SIGKILL of its child unshare can't end by SIGKILL itself: newer versions print an error and exit
 * with 1.
 */
async function exitOf(child: ChildProcess, afterStart: Promise<string>): Promise<Exit> {
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('exit', (...end) => resolve(end)),
  );
  if (code === 1 && (await afterStart) !== '') return { exitCode: 128 + os.constants.signals.SIGKILL };
  return { exitCode: code ?? 128 + (signal ? os.constants.signals[signal] : 0) };
}

/** For an ordinary user, containers are root of a user namespace. A Pod that needs this user gets a second user namespace inside. */
function becomeUser(launch: Launch, own: { uid: number; gid: number }, unshare: string): string[] {
  const { credentials } = launch;
  if (own.uid === 0) return switchUser(credentials, own, { dropCapabilities: true });
  const drop = switchUser(
    { ...credentials, uid: 0, gid: 0, groups: [] },
    { uid: 0, gid: 0 },
    { dropCapabilities: true },
  );
  if (credentials.uid === 0) return drop;
  const user = [unshare, '--user', `--map-user=${credentials.uid}`, `--map-group=${credentials.gid}`, '--'];
  return [...user, requireTool('setpriv'), ...LEASH, '--'];
}

/**
 * Each container has mount, PID, IPC and UTS namespaces (and a user namespace, unless root), and its own root with this machine's programs
 * read-only. All its processes end with the first. Throws if a tool is missing.
 */
export function createNamespaceIsolation(own: { uid: number; gid: number }): Isolation {
  const unshare = requireTool('unshare');
  const sh = requireTool('sh');
  const nsenter = requireTool('nsenter');
  const tools = TOOLS.map(requireTool);
  const setpriv = requireTool('setpriv');
  const setsid = requireTool('setsid');
  const flags = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--propagation', 'private'];
  const enter = [
    setpriv,
    ...LEASH,
    '--',
    unshare,
    ...(own.uid === 0 ? [] : ['--user', '--map-root-user']),
    ...flags,
    '--',
  ];

  function prepare(launch: Launch): void {
    const root = path.join(launch.directory, 'root');
    fs.rmSync(root, { recursive: true, force: true });
    fs.mkdirSync(root, { recursive: true });
    fs.chmodSync(root, 0o755);
    const { fstab, remounts } = layOutRoot(root, launch.mounts);
    fs.writeFileSync(path.join(launch.directory, 'fstab'), fstab);
    const variables = environmentScript(withWorkingDirectory(launch), reportStart(launch.command[0] ?? ''));
    fs.writeFileSync(path.join(launch.directory, 'variables'), variables, { mode: 0o600 });
    fs.writeFileSync(
      path.join(launch.directory, 'remounts'),
      remounts.map(({ options, target }) => `${options} ${target}\n`).join(''),
    );
  }

  async function start(launch: Launch): Promise<RunningContainer> {
    prepare(launch);
    const parameters = [
      launch.directory,
      ...tools,
      launch.hostname.slice(0, MAX_HOSTNAME_LENGTH),
      launch.workingDir,
      String(launch.waits === true),
    ];
    const command = [...becomeUser(launch, own, unshare), ...underEnvironment(launch.command)];
    const words = [...enter, setsid, sh, '-c', SETUP, 'setup', ...parameters, ...command];
    const output = await openOutput(launch.directory);
    const options: SpawnOptions = {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', ...output.writers],
    };
    const child = startProcess(words, options, output);
    output.release();
    const { started, afterStart } = readReport(child);
    const exited = exitOf(child, afterStart);
    await started.catch((error: unknown) => {
      output.reader.destroy();
      throw error;
    });
    /** Process 1 of the container, until it has ended. */
    const init = (): number | undefined =>
      child.pid === undefined || child.exitCode !== null || child.signalCode !== null
        ? undefined
        : childrenOf(child.pid)[0];
    const execute = (words: string[], abort: AbortSignal): Promise<ExecResult> => {
      const target = init();
      if (target === undefined) return Promise.reject(new Error('the container has ended'));
      const join = [
        '--target',
        String(target),
        '--mount',
        '--pid',
        '--ipc',
        '--uts',
        ...(own.uid === 0 ? [] : ['--user', '--preserve-credentials']),
      ];
      return exec([nsenter, ...join, '--', ...becomeUser(launch, own, unshare), ...underEnvironment(words)], {
        env: {},
        cwd: '/',
        directory: launch.directory,
        input: environmentScript(launch.env),
        signal: abort,
      });
    };
    const terminate = async (over: AbortSignal): Promise<void> => {
      const target = init();
      if (target !== undefined) await terminateInit(target, over);
    };
    const kill = (): void => {
      const target = init();
      if (target !== undefined) sendSignal(target, 'SIGKILL');
    };
    return { output: output.reader, exited, terminate, exec: execute, kill };
  }

  return { kind: 'namespaces', start };
}
