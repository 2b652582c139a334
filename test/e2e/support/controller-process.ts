import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { LocalCluster } from '../../../cli/local/cluster.ts';
import { CONTROLLER_MANAGER } from '../../../shared/tracing/provenance.ts';
import { startCli } from './cli.ts';
import { until } from './run.ts';

export interface ControllerProcess {
  log(): string;
  /** kill -9, as a node failure or the kernel does it. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** The controllers as `tektrace controller`, a process of its own. Resolves when it works. */
export async function startController(
  cluster: LocalCluster,
  collectorUrl: string,
  manage: 'all' | 'none' = 'all',
): Promise<ControllerProcess> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-controller-'));
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(
    kubeconfig,
    await cluster.server.kubeconfig({ user: CONTROLLER_MANAGER, groups: ['system:masters'] }),
    { mode: 0o600 },
  );
  const child = startCli([
    'controller',
    `--manage=${manage}`,
    '--kubeconfig',
    kubeconfig,
    '--jaeger-collector-url',
    collectorUrl,
    '--health-port',
    '0',
  ]);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await ended;
    await rm(directory, { recursive: true, force: true });
    return child.output().code;
  };
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the controller ended: ${child.output().stderr}`);
    return child.output().stderr.includes('the controllers have started');
  }, 'the controllers to work');
  return {
    log: () => child.output().stderr,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
}
