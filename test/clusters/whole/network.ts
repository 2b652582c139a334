import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

import type { Enclosure } from './enclosure.ts';

const run = promisify(execFile);
const MAX_CLUSTERS = 64;

export const SERVICE_CIDR = '10.96.0.0/16';
export const FIRST_SERVICE_ADDRESS = '10.96.0.1';
export const POD_CIDR = '10.85.0.0/16';

export interface Network {
  /** This machine's, as the cluster sees it. */
  hostAddress: string;
  /** The node's and the API server's, as this machine sees it. */
  nodeAddress: string;
}

/** A cable between this machine and the enclosure, from the addresses that RFC 2544 keeps for tests; its name is taken or free at once. */
async function connect(enclosure: Enclosure): Promise<Network> {
  const taken = new Set(await readdir('/sys/class/net'));
  for (let number = 0; number < MAX_CLUSTERS; number++) {
    const name = `tektrace${number}`;
    if (taken.has(name)) continue;
    const peer = ['peer', 'name', 'eth0', 'netns', String(enclosure.pid)];
    try {
      await run('ip', ['link', 'add', name, 'type', 'veth', ...peer]);
    } catch (error) {
      if (String(error).includes('File exists')) continue;
      throw error;
    }
    const network = { hostAddress: `198.18.${number}.1`, nodeAddress: `198.18.${number}.2` };
    await run('ip', ['address', 'add', `${network.hostAddress}/30`, 'dev', name]);
    await run('ip', ['link', 'set', name, 'up']);
    return network;
  }
  throw new Error(`${MAX_CLUSTERS} clusters run on this machine already`);
}

/**
 * Gives the enclosure its network: the cable, and nothing beyond this machine (no default route). Service addresses get a route only so
 * that packets for them are made; kube-proxy sends them to Pods.
 */
export async function configureNetwork(enclosure: Enclosure): Promise<Network> {
  const network = await connect(enclosure);
  const commands = [
    ['link', 'set', 'lo', 'up'],
    ['address', 'add', `${network.nodeAddress}/30`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
    ['route', 'add', SERVICE_CIDR, 'via', network.hostAddress, 'dev', 'eth0'],
  ];
  for (const command of commands) await enclosure.run('ip', command);
  return network;
}

/** Takes the cable away at once; the kernel would do it some time after the enclosure's last process has ended. */
export async function disconnect(enclosure: Enclosure): Promise<void> {
  try {
    await enclosure.run('ip', ['link', 'delete', 'eth0']);
  } catch (error) {
    // It did not come that far.
    if (!String(error).includes('Cannot find device')) throw error;
  }
}
