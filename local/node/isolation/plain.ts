import { spawnSync } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { mapPath, mapPaths, PATH_MAP_VARIABLE } from '../entrypoint/path-map.ts';
import type { PathMap } from '../entrypoint/path-map.ts';
import { locateWorkingDirectory, WORKING_DIRECTORY_VARIABLE } from '../entrypoint/working-directory.ts';
import type { WorkingDirectory } from '../entrypoint/working-directory.ts';
import { LEASH, switchUser } from './credentials.ts';
import { environmentScript, underEnvironment } from './environment.ts';
import { exec } from './exec.ts';
import type { ExecResult } from './exec.ts';
import { killFamily, MARKER_VARIABLE } from './family.ts';
import type { Family } from './family.ts';
import { StartFailure } from './isolation.ts';
import type { Exit, Isolation, Launch, Mount, RunningContainer } from './isolation.ts';
import { makeMountPoint, placeOf } from './mount-point.ts';
import { openOutput } from './output.ts';
import { identityOf } from './process-table.ts';
import { sendSignal } from './processes.ts';
import { startProcess } from './start-process.ts';
import { findProgram, findTool, requireTool } from './tools.ts';

const MARKER_BYTES = 16;

/**
 * The Pod's paths to map: /tmp, each mount path (or its first directory, if this machine has none of that name), and a working directory
 * that this machine does not have.
 */
export function planPaths(
  targets: string[],
  workingDir: string,
  root: string,
  exists: (file: string) => boolean,
): PathMap {
  const map: PathMap = { '/tmp': `${root}/tmp` };
  const first = (target: string): string => `/${target.split('/')[1]}`;
  for (const target of targets) {
    const mapped = exists(first(target)) ? target : first(target);
    map[mapped] = root + mapped;
  }
  if (workingDir !== '/' && !exists(first(workingDir))) map[first(workingDir)] = root + first(workingDir);
  return map;
}

/**
 * Moves an emptyDir into the one that it is mounted in, so that `..` leads from one to the other as it does in the Pod; a link stays where
 * it was. False for other volumes, which other Pods may share.
 */
function moveInside(mount: Mount, mounts: Mount[], place: string): boolean {
  const inVolumes = (one: Mount): boolean => path.basename(path.dirname(one.source)) === 'volumes';
  const outer = mounts.find((one) => place.startsWith(`${fs.realpathSync(one.source)}/`));
  const siblings = outer && path.dirname(outer.source) === path.dirname(mount.source) && inVolumes(mount);
  if (!siblings || fs.lstatSync(mount.source).isSymbolicLink()) return false;
  try {
    fs.renameSync(mount.source, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
  fs.symlinkSync(place, mount.source);
  return true;
}

/**
 * Removes a mount point, and the empty directories in it: Tekton makes working directories that lie in a workspace
 * (`$(workspaces.w.path)/src`) below /workspace before the workspace is mounted. A mount would hide files; here they would be lost.
 */
function removeMountPoint(place: string, target: string): void {
  const inside = fs.readdirSync(place, { recursive: true, withFileTypes: true });
  if (!inside.every((entry) => entry.isDirectory()))
    throw new StartFailure(
      `mount path ${target} has files in the volume around it, which a mount would hide: not possible without mount namespaces`,
    );
  const directories = inside.map((entry) => path.join(entry.parentPath, entry.name));
  for (const directory of [place, ...directories].sort((a, b) => b.length - a.length)) fs.rmdirSync(directory);
}

/** Creates a link to the mount's source at its path; for a path in another mount, in that one's directory. */
function link(mount: Mount, mounts: Mount[], root: string): void {
  const place = makeMountPoint(mount, mounts, root, true);
  const there = fs.lstatSync(place, { throwIfNoEntry: false });
  if (there?.isDirectory() && fs.realpathSync(mount.source) === place) return;
  if (there?.isDirectory()) removeMountPoint(place, mount.target);
  if (there?.isSymbolicLink()) {
    if (fs.readlinkSync(place) === mount.source) return;
    throw new StartFailure(
      `mount path ${mount.target} leads to another volume in a container of the same Pod: not possible without mount namespaces`,
    );
  }
  if (mount.kind === 'directory' && moveInside(mount, mounts, place)) return;
  fs.symlinkSync(mount.source, place);
}

function prepare(launch: Launch): { root: string; map: PathMap } {
  const root = path.join(launch.directory, 'root');
  fs.rmSync(root, { recursive: true, force: true });
  for (const directory of ['tmp', 'root']) fs.mkdirSync(path.join(root, directory), { recursive: true, mode: 0o777 });
  fs.chmodSync(path.join(root, 'tmp'), 0o1777);
  for (const mount of launch.mounts) link(mount, launch.mounts, root);
  const targets = launch.mounts.map(({ target }) => target);
  return { root, map: planPaths(targets, launch.workingDir, root, fs.existsSync) };
}

/** Maps the paths in a script that the node starts itself (a sidecar's), as the entrypoint does for a step's. */
function localScript(program: string, map: PathMap, directory: string): string {
  if (path.dirname(program) !== mapPath('/tekton/scripts', map)) return program;
  const copy = path.join(directory, 'script');
  fs.rmSync(copy, { force: true });
  // No links: they may lead to files that only this node's user can read.
  const script = fs.readFileSync(program, { encoding: 'utf8', flag: fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW });
  fs.writeFileSync(copy, mapPaths(script, map), { mode: 0o755, flag: 'wx' });
  return copy;
}

/** A working directory that is in no volume and not on this machine is the container's own. */
function workingDirectory(launch: Launch, root: string, map: PathMap): WorkingDirectory {
  const { workingDir } = launch;
  const mount = launch.mounts.find(({ target }) => target === workingDir);
  const place = mount ? { base: mount.source, relative: '' } : placeOf(workingDir, launch.mounts, root);
  return { path: workingDir, ...(mapPath(workingDir, map) === workingDir && { machine: workingDir }), ...place };
}

/** The container's start directory. The entrypoint changes to the working directory at the step's turn: an earlier step may replace it. */
function startDirectory(place: WorkingDirectory, waits: boolean, root: string): string {
  try {
    const directory = locateWorkingDirectory(place);
    return waits ? root : directory;
  } catch (error) {
    if (waits) return root;
    throw new StartFailure((error as Error).message, { cause: error });
  }
}

function environment(launch: Launch, root: string, map: PathMap, mark: string): Record<string, string> {
  const spec = Object.entries(launch.env).map(([name, value]) => [name, mapPaths(value, map)]);
  const env = Object.fromEntries(spec) as Record<string, string>;
  if (env.HOME === '/root') env.HOME = path.join(root, 'root');
  env.TMPDIR ??= path.join(root, 'tmp');
  return { ...env, [PATH_MAP_VARIABLE]: JSON.stringify(map), [MARKER_VARIABLE]: mark };
}

/** A descriptor with the variables. */
function variablesFile(launch: Launch, env: Record<string, string>): number {
  const file = path.join(launch.directory, 'variables');
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, environmentScript(env), { mode: 0o600, flag: 'wx' });
  return fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
}

/** `exited` resolves when all processes of the family that this user may end have ended. */
function observe(child: ChildProcess, family: Family): { exited: Promise<Exit>; kill: () => void } {
  const exited = new Promise<Exit>((resolve, reject) => {
    child.on('exit', (code, signal) => {
      const exit = { exitCode: code ?? 128 + (signal ? os.constants.signals[signal] : 0) };
      killFamily(family).then(() => resolve(exit), reject);
    });
  });
  // `exited` reports errors of killing (no descriptor is left).
  return { exited, kill: () => void killFamily(family).catch(() => undefined) };
}

/** The command prefix that ends its program with this process. Empty if unsupported: BusyBox' setpriv has no such option. */
function leashHere(): string[] {
  const setpriv = findTool('setpriv');
  if (setpriv === undefined) return [];
  const leash = [setpriv, ...LEASH, '--'];
  return spawnSync(setpriv, [...LEASH, '--', requireTool('true')], { env: {}, stdio: 'ignore' }).status === 0
    ? leash
    : [];
}

/**
 * No namespaces: the container's processes see this machine, and the Pod's paths in command, args, env and scripts are replaced by
 * directories of the Pod. Mounts can't be made read-only here. `product` is this node's name, by which the next start finds its leftovers.
 */
export function createPlainIsolation(own: { uid: number; gid: number }, product: string): Isolation {
  const leash = leashHere();

  async function start(launch: Launch): Promise<RunningContainer> {
    const { root, map } = prepare(launch);
    const mark = `${product}.${randomBytes(MARKER_BYTES).toString('hex')}`;
    const env = environment(launch, root, map, mark);
    const place = workingDirectory(launch, root, map);
    if (launch.waits) env[WORKING_DIRECTORY_VARIABLE] = JSON.stringify(place);
    const cwd = startDirectory(place, launch.waits === true, root);
    const [name = '', ...args] = launch.command.map((word) => mapPaths(word, map));
    const program = findProgram(name, env.PATH ?? '', cwd);
    if (program === undefined)
      throw new StartFailure(`exec: "${launch.command[0]}": executable file not found in $PATH`);
    const { credentials } = launch;
    const user = switchUser(credentials, own, { dropCapabilities: own.uid === 0 && credentials.capabilitiesChanged });
    const command = [localScript(program, map, launch.directory), ...args];
    const outer = { [MARKER_VARIABLE]: mark };
    const inner = (words: string[]): string[] => [...user, ...underEnvironment(words)];
    const output = await openOutput(launch.directory);
    const input = variablesFile(launch, env);
    // The entrypoint watches this process itself, so that it can end its step.
    const words = [...(launch.waits ? [] : leash), ...inner(command)];
    const options: SpawnOptions = { cwd, env: outer, detached: true, stdio: [input, ...output.writers] };
    let child: ChildProcess;
    try {
      child = startProcess(words, options, output);
    } finally {
      fs.closeSync(input);
    }
    const outputs = output.writers.map((descriptor) => fs.readlinkSync(`/proc/self/fd/${descriptor}`));
    output.release();
    const { exited, kill } = observe(child, {
      leader: identityOf(child.pid),
      marker: `${MARKER_VARIABLE}=${mark}`,
      outputs,
      uid: credentials.uid,
    });
    await new Promise<void>((resolve, reject) => {
      child.on('spawn', resolve);
      child.on('error', (error) => reject(new StartFailure(`exec: "${launch.command[0]}": ${error.message}`)));
    }).catch((error: unknown) => {
      output.reader.destroy();
      throw error;
    });
    const terminate = async (): Promise<void> => {
      if (child.pid !== undefined && child.exitCode === null) sendSignal(child.pid, 'SIGTERM');
    };
    const execute = (words: string[], abort: AbortSignal): Promise<ExecResult> =>
      exec(inner(words.map((word) => mapPaths(word, map))), {
        env: outer,
        cwd,
        directory: launch.directory,
        input: environmentScript(env),
        signal: abort,
      });
    return { output: output.reader, exited, terminate, exec: execute, kill };
  }

  return { kind: 'plain', start };
}
