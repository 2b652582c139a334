import { createContext, Script } from 'node:vm';

const script = new Script('run()');
const context = createContext({ run: (): void => undefined });

/** What stopped because its time was over. */
export class TimeExceededError extends Error {}

/**
 * Runs synchronous code for at most `timeoutMs`, then stops it wherever it is, in a regular expression, too. Throws a TimeExceededError
 * then, and else what the code throws.
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
  try {
    script.runInContext(context, { timeout: Math.max(1, Math.ceil(timeoutMs)) });
  } catch (error: unknown) {
    throw new TimeExceededError('operation cancelled: actual cost limit exceeded', { cause: error });
  } finally {
    context['run'] = () => undefined;
  }
  if (failure !== undefined) throw failure.error;
  if (result === undefined) throw new Error('the code ended without a result');
  return result.value;
}
