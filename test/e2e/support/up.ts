import fs from 'node:fs';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { startCli } from './cli.ts';

export interface RunningUp {
  client: KubeClient;
  /** The answer of a GET as it comes. */
  get(path: string): Promise<IncomingMessage>;
  /** What it has in memory now, and the most that it had since `forgetPeak`, in bytes. */
  memory(): { now: number; peak: number };
  forgetPeak(): void;
  close(): Promise<void>;
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}

/** `tektrace up` in a process of its own. */
export async function startUp(args: string[]): Promise<RunningUp> {
  const child = startCli(['up', ...args]);
  const announced = (): string | undefined => /KUBECONFIG=(\S+)/.exec(child.output().stdout)?.[1];
  while (announced() === undefined) {
    if (child.exitCode !== null) throw new Error(`tektrace up ended: ${child.output().stderr}`);
    await delay(20);
  }
  const config = loadKubeConfig({ file: announced() ?? '' });
  const client = createKubeClient(config);
  const tls = {};
  await config.applyToHTTPSOptions(tls);
  const server = config.getCurrentCluster()?.server ?? '';
  return {
    client,
    get: (path) =>
      new Promise((resolve, reject) => {
        https.get(new URL(path, server), { ...tls, agent: new https.Agent(tls) }, resolve).on('error', reject);
      }),
    memory: () => {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return { now: kilobytes(status, 'VmRSS') * 1024, peak: kilobytes(status, 'VmHWM') * 1024 };
    },
    forgetPeak: () => fs.writeFileSync(`/proc/${child.pid}/clear_refs`, '5'),
    async close() {
      client.close();
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}
