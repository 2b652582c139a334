import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

import { kernelSettings, privateFolders } from '../../clusters/whole/private-files.ts';

const run = promisify(execFile);

async function cgroups(): Promise<string[]> {
  const names = await readdir('/sys/fs/cgroup', { recursive: false });
  const below = await Promise.all(names.map((name) => readdir(`/sys/fs/cgroup/${name}`).catch(() => [])));
  return [...names, ...below.flat()].filter((name) => name.startsWith('tektrace-'));
}

async function processes(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end while it is looked at.
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  const ours = /\/(kubelet|containerd|containerd-shim[^/]*|kube-proxy|kube-scheduler)\0|tektrace-cluster:/;
  return lines.filter((line) => ours.test(line)).sort();
}

/** What a cluster could change of this machine: equal before it came up and after it has gone, or it has left something. */
export async function machineState(): Promise<Record<string, unknown>> {
  return {
    mounts: (await readFile('/proc/self/mounts', 'utf8')).split('\n'),
    interfaces: (await readdir('/sys/class/net')).sort(),
    packetFilter: (await run('iptables-save')).stdout.split('\n').filter((line) => !/^(#|:)/.test(line)),
    networkNamespaces: existsSync('/run/netns') ? await readdir('/run/netns') : [],
    settings: await Promise.all(kernelSettings.map((setting) => readFile(setting, 'utf8'))),
    folders: privateFolders.filter((folder) => existsSync(folder)),
    cgroups: await cgroups(),
    processes: await processes(),
  };
}
