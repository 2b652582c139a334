import { spawnSync } from 'node:child_process';

/** Runs a command with a file system of its own at TMPDIR; what is left there at the end is printed. */
const WITH_MOUNT = `mount -t tmpfs -o "$1" tmpfs "$TMPDIR" || exit 99
shift
"$@"
code=$?
for file in $(ls -A "$TMPDIR"); do echo "LEFT $file"; done
exit $code`;

const WAYS = [
  ['unshare', '--mount', '--'],
  ['unshare', '--user', '--map-root-user', '--mount', '--'],
];

const way = WAYS.find(([program = '', ...args]) => {
  const trial = [...args, 'sh', '-c', 'mount -t tmpfs tmpfs /mnt'];
  return spawnSync(program, trial, { stdio: 'ignore' }).status === 0;
});

/** Whether a test can have mounts of its own, found by trying. */
export const canMount = way !== undefined;

/** The command that runs what follows it with TMPDIR mounted so: `size=3m`, `ro`. */
export const withTemporaryFileSystem = (options: string): string[] => [
  ...(way ?? []),
  ...['sh', '-c', WITH_MOUNT, 'with-mount', options],
];
