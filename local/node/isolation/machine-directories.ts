/** The machine's directories that a container sees, read-only: no homes, data or sockets. */
export const MACHINE_DIRECTORIES = [
  'bin',
  'sbin',
  'lib',
  'lib32',
  'lib64',
  'libx32',
  'usr',
  'etc',
  'opt',
  'nix',
  'gnu',
];
