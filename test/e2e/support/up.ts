import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { withIsolation } from './cli.ts';

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

/** `tektrace up` in a process of its own, started as a person starts it: the launcher sets what memory it may take. */
export async function startUp(args: string[]): Promise<RunningUp> {
  const launcher = spawn(process.execPath, ['cli/launcher.cjs', ...withIsolation(['up', ...args])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(launcher, 'exit');
  let file: string | undefined;
  for await (const line of createInterface({ input: launcher.stdout })) {
    file = /KUBECONFIG=(\S+)/.exec(line)?.[1];
    if (file !== undefined) break;
  }
  if (file === undefined) throw new Error('tektrace up ended before it was ready');
  launcher.stdout.resume();
  const pid = fs.readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8').trim().split(' ')[0];
  const config = loadKubeConfig({ file });
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
      const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      return { now: kilobytes(status, 'VmRSS') * 1024, peak: kilobytes(status, 'VmHWM') * 1024 };
    },
    forgetPeak: () => fs.writeFileSync(`/proc/${pid}/clear_refs`, '5'),
    async close() {
      client.close();
      launcher.kill('SIGTERM');
      await ended;
    },
  };
}
