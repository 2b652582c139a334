/** What of this machine a container sees, read-only. Nothing of its homes, data or sockets. */
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
