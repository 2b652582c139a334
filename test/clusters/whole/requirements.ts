import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Where Debian's package containernetworking-plugins puts its programs. */
export const CNI_PROGRAMS = '/usr/lib/cni';

/** What the cluster takes from the machine, and the Debian package that has it. */
const needed: { program: string; package: string }[] = [
  { program: 'containerd', package: 'containerd' },
  { program: 'ctr', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: join(CNI_PROGRAMS, 'ptp'), package: 'containernetworking-plugins' },
  { program: 'iptables', package: 'iptables' },
  { program: 'conntrack', package: 'conntrack' },
  { program: 'busybox', package: 'busybox-static' },
  { program: 'ip', package: 'iproute2' },
  { program: 'unshare', package: 'util-linux' },
  { program: 'nsenter', package: 'util-linux' },
  { program: 'setpriv', package: 'util-linux' },
  { program: 'mount', package: 'mount' },
  { program: 'tar', package: 'tar' },
];

/** The full path of a program of this machine; undefined when there is none. */
export function programPath(name: string): string | undefined {
  if (name.startsWith('/')) return existsSync(name) ? name : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function missing(): typeof needed {
  return needed.filter(({ program }) => programPath(program) === undefined);
}

function packagesOf(list: typeof needed): string {
  return [...new Set(list.map((one) => one.package))].join(' ');
}

/** Sees to it that this machine has all that a whole cluster needs: missing packages are installed with apt-get. Throws with what is missing. */
export async function provideRequirements(say: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux') throw new Error(`a whole cluster needs Linux; this is ${process.platform}`);
  if (process.getuid?.() !== 0)
    throw new Error('a whole cluster needs root: kubelet and containerd mount, make network interfaces and cgroups');
  const absent = missing();
  if (absent.length === 0) return;
  const packages = packagesOf(absent);
  const advice = `this machine lacks ${absent.map(({ program }) => program).join(', ')}: apt-get install ${packages}`;
  if (programPath('apt-get') === undefined) throw new Error(`${advice} (the packages are Debian's)`);
  say(`apt-get install ${packages}`);
  const options = { timeout: INSTALL_TIMEOUT_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages.split(' ')], options);
  } catch (error) {
    throw new Error(`${advice} (it failed here)`, { cause: error });
  }
  const still = missing();
  if (still.length > 0) throw new Error(`apt-get installed ${packages}, and ${still[0]?.program} is still missing`);
}
