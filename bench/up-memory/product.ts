import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const LAUNCHER = path.resolve(import.meta.dirname, '../../cli/launcher.cjs');

/** `tektrace up` in a process of its own, started as a person starts it. */
export interface Product {
  kubeconfigFile: string;
  /** Of the process that the launcher started, now. */
  rssBytes(): number;
  /** The highest that it has been since the start. */
  peakRssBytes(): number;
  stop(): Promise<void>;
}

/** A size of `/proc/PID/status`, which the kernel gives in KiB. Throws when the process has ended. */
function procBytes(pid: number, field: string): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
}

/** Resolves when it has printed its kubeconfig. Throws when it ends before. Linux only: sizes come from /proc. */
export async function startProduct(): Promise<Product> {
  const launcher = spawn(process.execPath, [LAUNCHER, 'up'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(launcher, 'exit');
  const printed = new Promise<string>((resolve) =>
    createInterface({ input: launcher.stdout }).on('line', (line) => {
      const file = /KUBECONFIG=(\S+)/.exec(line)?.[1];
      if (file !== undefined) resolve(file);
    }),
  );
  const kubeconfigFile = await Promise.race([
    printed,
    ended.then(() => Promise.reject(new Error('tektrace up ended before it was ready'))),
  ]);
  const children = fs.readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8').trim().split(' ');
  const pid = Number(children[0]);
  return {
    kubeconfigFile,
    rssBytes: () => procBytes(pid, 'VmRSS'),
    peakRssBytes: () => procBytes(pid, 'VmHWM'),
    stop: async () => {
      launcher.kill('SIGTERM');
      await ended;
    },
  };
}
