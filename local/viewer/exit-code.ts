import { constants } from 'node:os';

/** What a shell and a container runtime add to the number of the signal that ended a process. */
const BY_SIGNAL = 128;

/** `exit code 3`; `exit code 137 (SIGKILL)` where the code stands for a signal. */
export function exitCodeText(code: number): string {
  const [signal] = Object.entries(constants.signals).find(([, number]) => number === code - BY_SIGNAL) ?? [];
  return signal === undefined ? `exit code ${code}` : `exit code ${code} (${signal})`;
}
