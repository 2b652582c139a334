import fs from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;
const FIRST_OWN = 3;

/** Whether a program that this process starts would get the descriptor; undefined once it is closed. */
function handedOn(fd: number): boolean | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags === undefined ? undefined : (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return undefined;
  }
}

/**
 * Closes what whoever started this process left open to it, past standard input, output and error: each container would inherit it,
 * and a lock or a pipe would be held for as long as it runs. Node marks only the first few of these as not to be inherited; what it opens
 * itself is marked.
 */
export function closeInheritedDescriptors(): void {
  for (const name of fs.readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd >= FIRST_OWN && handedOn(fd) === true) fs.closeSync(fd);
  }
}
