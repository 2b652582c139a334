import { join, resolve } from 'node:path';

import { freePorts } from './ports.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

const main = resolve(import.meta.dirname, '../../../cli/main.ts');
const START_TIMEOUT_MS = 60_000;

export interface ControllerProcessOptions {
  kubeconfigPath: string;
  collectorUrl: string;
  /** Where its log goes. */
  directory: string;
  /** The log file's name there, when there are several. */
  name?: string;
  stopSignal?: NodeJS.Signals;
  /** Options on top of those it has here. */
  extraArgs?: string[];
}

export interface ControllerProcess extends ServerProcess {
  /** Where it serves /readyz and /metrics. */
  healthUrl: string;
  /** Its /metrics, as text. */
  metrics(): Promise<string>;
}

/** Starts `tektrace controller` as a process of its own, as the chart does, and waits until it is ready. */
export async function startControllerProcess(options: ControllerProcessOptions): Promise<ControllerProcess> {
  const [port = 0] = await freePorts(1);
  const healthUrl = `http://127.0.0.1:${port}`;
  const server = await startServerProcess({
    program: process.execPath,
    args: [
      main,
      'controller',
      '--manage=all',
      `--health-port=${port}`,
      `--jaeger-collector-url=${options.collectorUrl}`,
      ...(options.extraArgs ?? []),
    ],
    env: { KUBECONFIG: options.kubeconfigPath },
    logFile: join(options.directory, `${options.name ?? 'controller'}.log`),
    isReady: async () => (await fetch(`${healthUrl}/readyz`)).ok,
    startTimeoutMs: START_TIMEOUT_MS,
    ...(options.stopSignal === undefined ? {} : { stopSignal: options.stopSignal }),
  });
  return { ...server, healthUrl, metrics: async () => (await fetch(`${healthUrl}/metrics`)).text() };
}
