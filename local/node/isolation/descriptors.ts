import fs from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;
const FIRST_OWN = 3;

/** Whether children inherit the descriptor; undefined if it is closed. */
function handedOn(fd: number): boolean | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags === undefined ? undefined : (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return undefined;
  }
}

/**
 * Closes inherited descriptors after standard input, output and error: each container would inherit them, and hold a lock or a pipe while
 * it runs. Node sets close-on-exec only on the first few of them, and on those that it opens.
 */
export function closeInheritedDescriptors(): void {
  for (const name of fs.readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd >= FIRST_OWN && handedOn(fd) === true) fs.closeSync(fd);
  }
}
