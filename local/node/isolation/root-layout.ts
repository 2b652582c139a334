import fs from 'node:fs';
import path from 'node:path';

import type { Mount } from './isolation.ts';
import { MACHINE_DIRECTORIES } from './machine-directories.ts';
import { makeMountPoint } from './mount-point.ts';
import { keptOptions, mountsInside, readMounts } from './mountinfo.ts';

const HOST_FILES = ['/etc/resolv.conf', '/etc/hosts', '/etc/localtime'];
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
const DEVICE_LINKS: Record<string, string> = {
  ptmx: 'pts/ptmx',
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};
const MACHINE_SETTINGS = ['sys', 'sysrq-trigger', 'bus', 'fs', 'irq'];
const OWN_DIRECTORIES: [string, number][] = [
  ['tmp', 0o1777],
  ['var/tmp', 0o1777],
  ['var/lib', 0o755],
  ['var/log', 0o755],
  ['var/cache', 0o755],
  ['run', 0o755],
  ['root', 0o700],
  ['home', 0o755],
  ['proc', 0o555],
  ['sys', 0o555],
  ['dev/shm', 0o1777],
  ['dev/pts', 0o755],
  ['mnt', 0o755],
  ['srv', 0o755],
];

export interface RootLayout {
  /** Lines for mount(8)'s --fstab, in order. */
  fstab: string;
  /** Mount points below the machine's directories that need a read-only remount of their own, with the options to keep. */
  remounts: { target: string; options: string }[];
}

const escape = (text: string): string =>
  text.replace(/[\\ \t\n]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);

class LayoutBuilder {
  readonly #root: string;
  readonly #targets: string[];
  readonly #mounts = readMounts();
  readonly #lines: string[] = [];
  readonly #remounts: RootLayout['remounts'] = [];

  constructor(root: string, targets: string[]) {
    this.#root = root;
    this.#targets = targets;
  }

  build(mounts: Mount[]): RootLayout {
    this.#bind(this.#root, this.#root, []);
    this.#skeleton();
    for (const name of MACHINE_DIRECTORIES) this.#host(`/${name}`);
    for (const file of HOST_FILES) this.#hostFile(file);
    for (const name of DEVICES) if (fs.existsSync(`/dev/${name}`)) this.#file(`/dev/${name}`, `/dev/${name}`, []);
    this.#proc();
    for (const mount of mounts) this.#volume(mount, mounts);
    return { fstab: this.#lines.map((line) => `${line}\n`).join(''), remounts: this.#remounts };
  }

  #bind(source: string, target: string, options: string[]): void {
    const kept = options.includes('ro') ? keptOptions(this.#mounts, source) : [];
    const all = [...new Set(['rbind', ...options, ...kept])].join(',');
    this.#lines.push(`${escape(source)} ${escape(target)} none ${all} 0 0`);
    if (!options.includes('ro')) return;
    // `ro` reaches only the top of a recursive bind.
    for (const inner of mountsInside(this.#mounts, source)) {
      const keep = keptOptions(this.#mounts, inner.path).filter((option) => option !== 'ro');
      this.#remounts.push({
        target: target + inner.path.slice(source.length),
        options: ['remount', 'bind', 'ro', ...keep].join(','),
      });
    }
  }

  #skeleton(): void {
    for (const [name, mode] of OWN_DIRECTORIES) {
      fs.mkdirSync(path.join(this.#root, name), { recursive: true });
      fs.chmodSync(path.join(this.#root, name), mode);
    }
    for (const [name, target] of Object.entries(DEVICE_LINKS))
      fs.symlinkSync(target, path.join(this.#root, 'dev', name));
    fs.symlinkSync('../run', path.join(this.#root, 'var/run'));
  }

  /** Root in a container is root in /proc: settings of the whole machine (the kernel runs core_pattern) are read-only. */
  #proc(): void {
    const proc = `${this.#root}/proc`;
    this.#lines.push(`proc ${escape(proc)} proc nosuid,nodev,noexec 0 0`);
    for (const name of MACHINE_SETTINGS.filter((setting) => fs.existsSync(`/proc/${setting}`)))
      this.#lines.push(
        `${escape(`${proc}/${name}`)} ${escape(`${proc}/${name}`)} none bind,ro,nosuid,nodev,noexec 0 0`,
      );
  }

  /** Binds a directory of this machine; its entries one by one if a volume needs a missing mount point in it. */
  #host(directory: string): void {
    const stat = fs.lstatSync(directory, { throwIfNoEntry: false });
    const place = this.#root + directory;
    if (!stat) return;
    if (stat.isSymbolicLink()) return fs.symlinkSync(fs.readlinkSync(directory), place);
    if (stat.isFile()) return this.#file(directory, directory, ['ro']);
    if (!stat.isDirectory()) return;
    fs.mkdirSync(place, { recursive: true });
    const missing = this.#targets.some((target) => target.startsWith(`${directory}/`) && !fs.existsSync(target));
    if (!missing) return this.#bind(directory, place, ['ro']);
    for (const name of fs.readdirSync(directory)) this.#host(path.join(directory, name));
  }

  /** A link out of the bound directories (resolv.conf into /run): the target is bound at the link's target path. */
  #hostFile(file: string): void {
    if (!fs.existsSync(file)) return;
    const real = fs.realpathSync(file);
    if (MACHINE_DIRECTORIES.some((name) => real.startsWith(`/${name}/`))) return;
    this.#file(real, real, ['ro']);
  }

  #file(source: string, target: string, options: string[]): void {
    const place = this.#root + target;
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, '', { flag: 'a' });
    this.#bind(source, place, options);
  }

  #volume(mount: Mount, mounts: Mount[]): void {
    const { source, target, readOnly } = mount;
    const inVolume = mounts.some((other) => target.startsWith(`${other.target}/`));
    const onMachine =
      !inVolume && MACHINE_DIRECTORIES.some((name) => target.startsWith(`/${name}/`)) && fs.existsSync(target);
    if (!onMachine) makeMountPoint(mount, mounts, this.#root);
    this.#bind(source, this.#root + target, readOnly ? ['ro'] : []);
  }
}

/** Creates the mount points in the empty directory `root`, and returns the mounts. */
export function layOutRoot(root: string, mounts: Mount[]): RootLayout {
  return new LayoutBuilder(
    root,
    mounts.map(({ target }) => target),
  ).build(mounts);
}
