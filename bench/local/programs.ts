export interface Program {
  name: string;
  /** Shell text that prints `bytes` bytes; `bytes` is a multiple of a million. */
  command: (bytes: number) => string;
}

/** Everyday kinds of loud steps. */
export const PROGRAMS: Program[] = [
  { name: 'one long line', command: (bytes) => `head -c ${bytes} /dev/zero` },
  { name: 'lines of 100 bytes', command: (bytes) => `yes "$(printf '%099d' 0)" | head -c ${bytes}` },
  { name: 'lines of 9 bytes', command: (bytes) => `seq 10000000 99999999 | head -c ${bytes}` },
  {
    name: 'a shell that echoes',
    command: (bytes) =>
      `l=$(printf '%0999d' 0); i=0; while [ $i -lt ${bytes / 1000} ]; do echo "$l"; i=$((i + 1)); done`,
  },
  {
    name: 'console.log of Node',
    command: (bytes) => `node -e 'for (let i = 0; i < ${bytes / 100}; i++) console.log("0".repeat(99))'`,
  },
];
