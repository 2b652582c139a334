import { join, resolve } from 'node:path';

import { freePorts } from './ports.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

const main = resolve(import.meta.dirname, '../../../cli/main.ts');
const START_TIMEOUT_MS = 20_000;

export interface ControllerProcessOptions {
  kubeconfigPath: string;
  collectorUrl: string;
  /** Where its log goes. */
  directory: string;
  stopSignal?: NodeJS.Signals;
}

export interface ControllerServer extends ServerProcess {
  /** Its /metrics, as text. */
  metrics(): Promise<string>;
}

/** Starts `tektrace controller` as a process of its own, as the chart does, and waits until it is ready. */
export async function startControllerProcess(options: ControllerProcessOptions): Promise<ControllerServer> {
  const [port = 0] = await freePorts(1);
  const started = await startServerProcess({
    program: process.execPath,
    args: [
      main,
      'controller',
      '--manage=all',
      `--health-port=${port}`,
      `--jaeger-collector-url=${options.collectorUrl}`,
    ],
    env: { KUBECONFIG: options.kubeconfigPath },
    logFile: join(options.directory, 'controller.log'),
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    startTimeoutMs: START_TIMEOUT_MS,
    ...(options.stopSignal === undefined ? {} : { stopSignal: options.stopSignal }),
  });
  return { ...started, metrics: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text() };
}
