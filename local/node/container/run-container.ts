import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

import { imageCommand } from '../images.ts';
import type { ImageStore } from '../images.ts';
import type { Rights } from '../isolation/rights.ts';
import type { Exit, Isolation, Launch, Mount, RunningContainer } from '../isolation/isolation.ts';
import { ContainerLog } from '../logs/container-log.ts';
import type { ObjectSource } from '../objects.ts';
import type { ContainerRecord } from '../pod/container-record.ts';
import type { Pod } from '../types.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { runtimeEnvironment, specEnvironment } from './env.ts';
import type { AddedEnvironment, Environment } from './env.ts';
import { expand } from './expand.ts';
import { containerMounts, containerPath, runMounts } from './mounts.ts';
import { chooseCredentials } from './security.ts';
import type { Credentials } from './security.ts';
import { terminationMessage } from './termination-message.ts';

/** Where Tekton's `prepare` container puts the entrypoint, the program of every step. */
const ENTRYPOINT = '/tekton/bin/entrypoint';
const TERMINATION_PATH = '/dev/termination-log';

/** Why a container could not be created; `reason` is the kubelet's for its waiting state. */
export class CreateError extends Error {
  readonly reason: 'CreateContainerConfigError' | 'CreateContainerError';

  constructor(reason: CreateError['reason'], cause: unknown) {
    super((cause as Error).message, { cause });
    this.reason = reason;
  }
}

export interface ContainerRuntime {
  isolation: Isolation;
  rights: Rights;
  images: ImageStore;
  objects: ObjectSource;
  maxLogBytes: number;
  addedEnvironment: AddedEnvironment;
  onLogFault: (file: string, error: unknown) => void;
  now: () => Date;
}

export interface CreatedContainer {
  id: string;
  log: ContainerLog;
  start(): Promise<RunningContainer>;
  /** Copies output and resolves when the container has ended and its log is whole. */
  wait(running: RunningContainer): Promise<Exit & { message: string }>;
}

/** Turns every error of `work` into a CreateError with this reason. */
async function creating<T>(reason: CreateError['reason'], work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CreateError(reason, error);
  }
}

function commandOf(record: ContainerRecord, env: Environment): string[] {
  const { image = '', command, args = [], name } = record.spec;
  const own = imageCommand(image);
  const program = command && command.length > 0 ? command : own;
  if (!program || (own === undefined && program.length === 0)) {
    throw new Error(
      `container "${name}": no command specified, and this node has no image store to take the entrypoint of ${image} from`,
    );
  }
  return [...program, ...args].map((word) => expand(word, env));
}

function unsupported(record: ContainerRecord): void {
  const { lifecycle, name } = record.spec;
  if (lifecycle?.postStart || lifecycle?.preStop)
    throw new Error(`container "${name}": lifecycle hooks are not supported by this node`);
}

function homeOf(credentials: Credentials): string {
  return credentials.uid === 0 || credentials.uid === process.getuid?.() ? '/root' : '/';
}

/** Prepares a container in `directory`: its environment, mounts, user and log. Throws CreateError with the kubelet's reason. */
export async function createContainer(
  record: ContainerRecord,
  pod: Pod,
  volumes: PodVolumes,
  directory: string,
  logFile: string,
  runtime: ContainerRuntime,
): Promise<CreatedContainer> {
  const { isolation, rights, images, objects, now } = runtime;
  const { spec } = record;
  const id = randomBytes(32).toString('hex');
  const hostname = pod.spec.hostname ?? pod.metadata.name ?? '';
  const node = { isolation: isolation.kind, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, rights };
  const { credentials, specEnv } = await creating('CreateContainerConfigError', async () => ({
    credentials: chooseCredentials(pod, spec, node),
    specEnv: await specEnvironment(spec, pod, objects),
  }));
  const terminationFile = path.join(directory, 'termination-log');
  const launch = await creating('CreateContainerError', async (): Promise<Launch> => {
    unsupported(record);
    await fs.mkdir(directory, { recursive: true });
    await fs.rm(terminationFile, { force: true }); // The container's last run may have left a link there.
    await fs.writeFile(terminationFile, '', { flag: 'wx' });
    await fs.chmod(terminationFile, 0o666);
    const added = runtime.addedEnvironment(pod, spec.name, specEnv);
    const env = { ...runtimeEnvironment(hostname, homeOf(credentials)), ...added, ...specEnv };
    const termination: Mount = {
      source: terminationFile,
      target: containerPath(spec.terminationMessagePath || TERMINATION_PATH),
      readOnly: false,
      kind: 'file',
    };
    const extra = isolation.kind === 'plain' ? runMounts(spec, pod, volumes) : [];
    const mounts = containerMounts(spec, pod, volumes, env, [
      ...images.mounts(spec.image ?? ''),
      termination,
      ...extra,
    ]);
    const command = commandOf(record, specEnv);
    return {
      containerId: id,
      directory,
      hostname,
      command,
      waits: command[0] === ENTRYPOINT,
      env,
      workingDir: containerPath(spec.workingDir ?? ''),
      mounts,
      credentials,
    };
  });
  const log = new ContainerLog(logFile, { maxBytes: runtime.maxLogBytes, now, onFault: runtime.onLogFault });
  return {
    id,
    log,
    start: () => isolation.start(launch),
    async wait(running) {
      const copied = Promise.all([running.exited, log.copy(running.output, running.exited)]);
      const [exit] = await copied.finally(() => log.end());
      return {
        ...exit,
        message: terminationMessage(terminationFile, spec.terminationMessagePolicy, exit.exitCode, log),
      };
    },
  };
}
