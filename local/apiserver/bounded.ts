import fs from 'node:fs';
import { createContext, Script } from 'node:vm';

const script = new Script('run()');
const context = createContext({ run: (): void => undefined });

/** What stopped because its time was over. */
export class TimeExceededError extends Error {}

/** More than the event loop takes that Node makes for each time limit: where one is refused, Node ends the whole process. */
const RESERVED_DESCRIPTORS = 8;
const reserve: number[] = [];

/** Takes what is missing of the reserve. Throws the operating system's error when there are no descriptors left for it. */
function fillReserve(): void {
  while (reserve.length < RESERVED_DESCRIPTORS) reserve.push(fs.openSync('/dev/null', 'r'));
}

function releaseReserve(): void {
  for (const descriptor of reserve.splice(0)) fs.closeSync(descriptor);
}

/**
 * Runs synchronous code for at most `timeoutMs`, then stops it wherever it is, in a regular expression, too. Throws a TimeExceededError
 * then, and else what the code throws, or (EMFILE) that no descriptor is left to watch the time with.
 */
export function withinTime<T>(timeoutMs: number, code: () => T): T {
  let result: { value: T } | undefined;
  let failure: { error: unknown } | undefined;
  context['run'] = () => {
    try {
      result = { value: code() };
    } catch (error: unknown) {
      failure = { error };
    }
  };
  fillReserve();
  try {
    releaseReserve();
    script.runInContext(context, { timeout: Math.max(1, Math.ceil(timeoutMs)) });
  } catch (error: unknown) {
    throw new TimeExceededError('operation cancelled: actual cost limit exceeded', { cause: error });
  } finally {
    context['run'] = () => undefined;
    try {
      fillReserve();
    } catch {
      // The next call tries again, and says so when there is still none.
    }
  }
  if (failure !== undefined) throw failure.error;
  if (result === undefined) throw new Error('the code ended without a result');
  return result.value;
}
