import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePorts } from '../../test/peers/support/ports.ts';
import type { MemoryUse } from './probe.ts';

const START_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 30_000;
const POLL_MS = 100;
const main = resolve(import.meta.dirname, '../../cli/main.ts');
const probe = resolve(import.meta.dirname, 'probe.ts');

export interface MeasuredController {
  /** What it uses after a garbage collection. Throws when it has ended. */
  memory(): Promise<MemoryUse>;
  stop(): Promise<void>;
}

export interface MeasuredControllerOptions {
  kubeconfigPath: string;
  collectorUrl: string;
  /** Where its log goes. */
  directory: string;
  /** Which runs it executes. Default `all`. */
  manage?: 'none' | 'all';
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** `tektrace controller` as a process of its own, with a way to ask for its memory. Throws, with its log, when it does not get ready. */
export async function startMeasuredController(options: MeasuredControllerOptions): Promise<MeasuredController> {
  const { kubeconfigPath, collectorUrl, directory, manage = 'all' } = options;
  const [port = 0] = await freePorts(1);
  const logFile = join(directory, 'controller.log');
  const log = openSync(logFile, 'a');
  const args = ['controller', `--manage=${manage}`, `--health-port=${port}`, `--jaeger-collector-url=${collectorUrl}`];
  const child = fork(main, args, {
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', probe],
    env: { ...process.env, KUBECONFIG: kubeconfigPath },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const stop = async (): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isReady().catch(() => false))) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stop();
      throw new Error(`the controller did not get ready:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
    }
    await delay(POLL_MS);
  }
  return {
    stop,
    memory: async () => {
      if (hasEnded(child)) throw new Error(`the controller has ended:\n${readFileSync(logFile, 'utf8').slice(-4000)}`);
      const answer = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      child.send('memory');
      return (await answer)[0] as MemoryUse;
    },
  };
}
