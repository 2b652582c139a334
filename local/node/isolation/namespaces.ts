import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { switchUser } from './credentials.ts';
import { StartFailure } from './isolation.ts';
import type { Exit, Isolation, Launch, RunningContainer } from './isolation.ts';
import { openOutput } from './output.ts';
import { childrenOf, sendSignal } from './processes.ts';
import { layOutRoot } from './root-layout.ts';
import { findTool, requireTool } from './tools.ts';

const STARTED = '\u0001started\n';

/** Process 1 of the container: mounts its root, enters it, and becomes the command. Says on descriptor 3 how that went. */
const SETUP = `set -e
exec 4>&2 5>&1 2>&3 1>&3
"$MOUNT" --all --fstab "$DIRECTORY/fstab"
while read -r options target; do "$MOUNT" -o "$options" "$target"; done < "$DIRECTORY/remounts"
"$HOSTNAME_TOOL" "$POD_HOSTNAME" || :
cd "$DIRECTORY/root"
"$PIVOT_ROOT" . .
"$UMOUNT" -l .
mkdir -p -- "$WORKING_DIR"
cd -- "$WORKING_DIR"
(PATH=$CONTAINER_PATH; command -v -- "$PROGRAM" >/dev/null) || { printf 'exec: "%s": executable file not found in $PATH' "$PROGRAM"; exit 127; }
printf '\\001started\\n'
exec "$@" 1>&5 2>&4 3>&- 4>&- 5>&-
`;

interface Tools {
  unshare: string;
  sh: string;
  env: string;
  setup: Record<string, string>;
}

function findTools(): Tools {
  return {
    unshare: requireTool('unshare'),
    sh: requireTool('sh'),
    env: requireTool('env'),
    setup: {
      MOUNT: requireTool('mount'),
      UMOUNT: requireTool('umount'),
      PIVOT_ROOT: requireTool('pivot_root'),
      HOSTNAME_TOOL: findTool('hostname') ?? 'true',
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    },
  };
}

/** Resolves when the setup says the command runs; throws StartFailure with what went wrong otherwise. */
async function awaitStart(report: Readable, child: ChildProcess): Promise<void> {
  let said = '';
  const failed = new Promise<never>((_, reject) =>
    child.on('error', (error) => reject(new StartFailure(error.message))),
  );
  const read = async (): Promise<void> => {
    for await (const chunk of report) {
      said += String(chunk);
      if (said.endsWith(STARTED)) return;
    }
    throw new StartFailure(said.trim());
  };
  await Promise.race([read(), failed]);
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) =>
      resolve({ exitCode: code ?? 128 + (signal ? os.constants.signals[signal] : 0) }),
    );
  });
}

/** Runs as an ordinary user are root of a user namespace; a Pod that wants this user gets it by a second one inside. */
function becomeUser(launch: Launch, own: { uid: number; gid: number }, unshare: string): string[] {
  const { credentials } = launch;
  if (own.uid === 0) return switchUser(credentials, own, { dropCapabilities: true });
  const drop = switchUser(
    { ...credentials, uid: 0, gid: 0, groups: [] },
    { uid: 0, gid: 0 },
    { dropCapabilities: true },
  );
  if (credentials.uid === 0) return drop;
  return [unshare, '--user', `--map-user=${credentials.uid}`, `--map-group=${credentials.gid}`, '--'];
}

/**
 * A mount, PID, IPC and UTS namespace a container (and a user namespace, unless root): a root of its own with this machine's programs
 * read-only. Everything in it ends with its first process. Throws when a tool is missing.
 */
export function createNamespaceIsolation(own: { uid: number; gid: number }): Isolation {
  const { unshare, sh, env, setup } = findTools();
  const setpriv = requireTool('setpriv');
  const flags = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--propagation', 'private'];
  const enter = [
    setpriv,
    '--pdeathsig',
    'KILL',
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
    fs.writeFileSync(
      path.join(launch.directory, 'remounts'),
      remounts.map(({ options, target }) => `${options} ${target}\n`).join(''),
    );
  }

  async function start(launch: Launch): Promise<RunningContainer> {
    prepare(launch);
    const variables = Object.entries(launch.env).map(([name, value]) => `${name}=${value}`);
    const [file = '', ...argv] = [
      ...enter,
      sh,
      '-c',
      SETUP,
      'setup',
      ...becomeUser(launch, own, unshare),
      env,
      '-i',
      ...variables,
      ...launch.command,
    ];
    const [program = ''] = launch.command;
    const parameters = {
      DIRECTORY: launch.directory,
      POD_HOSTNAME: launch.hostname,
      WORKING_DIR: launch.workingDir,
      CONTAINER_PATH: launch.env.PATH ?? '',
      PROGRAM: program,
    };
    const output = await openOutput(launch.directory);
    const child = spawn(file, argv, {
      cwd: '/',
      env: { ...setup, ...parameters },
      detached: true,
      stdio: ['ignore', ...output.descriptors, 'pipe'],
    });
    output.release();
    const exited = exitOf(child);
    try {
      await awaitStart(child.stdio[3] as Readable, child);
    } catch (error) {
      output.stdout.resume();
      const said = (await text(output.stderr)).trim();
      throw new StartFailure((error as Error).message || said || 'the container ended before its command was started', {
        cause: error,
      });
    }
    const signal = (name: NodeJS.Signals): void => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      for (const pid of childrenOf(child.pid)) sendSignal(pid, name);
    };
    return { stdout: output.stdout, stderr: output.stderr, exited, signal, kill: () => signal('SIGKILL') };
  }

  return { kind: 'namespaces', start };
}
