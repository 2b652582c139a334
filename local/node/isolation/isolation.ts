import type { Environment } from '../container/env.ts';
import type { Credentials } from '../container/security.ts';
import type { OutputReader } from '../entrypoint/pipe.ts';
import type { ExecResult } from './exec.ts';
import type { IsolationKind } from './kind.ts';

/** A file or directory of this machine at a path of the container. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
  kind: 'directory' | 'file';
}

export interface Launch {
  /** Unique among all containers this node ever runs. */
  containerId: string;
  /** The container's own directory on this machine; removed with the Pod. */
  directory: string;
  hostname: string;
  command: string[];
  env: Environment;
  workingDir: string;
  /** Whether the command is Tekton's entrypoint, which waits for the step's turn and then resolves the working directory. */
  waits?: boolean;
  /** Parents first. */
  mounts: Mount[];
  credentials: Credentials;
}

export interface Exit {
  /** 128 + the signal's number when a signal ended it. */
  exitCode: number;
}

export interface RunningContainer {
  /** The container's standard output and error, in the order of the writes. */
  output: OutputReader;
  /** Resolves when the main process and all its descendants have ended. */
  exited: Promise<Exit>;
  /** Sends SIGTERM to the main process, repeatedly until it could catch it or `over` aborts. No effect after its end. */
  terminate: (over: AbortSignal) => Promise<void>;
  /** Runs another command in the container, as its user and with its environment. */
  exec: (command: string[], signal: AbortSignal) => Promise<ExecResult>;
  /** Ends every process of the container at once. */
  kill: () => void;
}

/** How this node isolates containers from the machine. */
export interface Isolation {
  kind: IsolationKind;
  /** Starts the container's command. Throws StartFailure if it can't be started. */
  start(launch: Launch): Promise<RunningContainer>;
}

/** The command could not be started; the message is for the container's status. */
export class StartFailure extends Error {}
