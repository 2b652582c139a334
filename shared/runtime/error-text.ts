/** Longest chain of causes that is printed. */
const MAX_CAUSES = 5;

/** What an error was caused by: its `cause`, and the errors of an AggregateError. */
function causesOf(error: Error): unknown[] {
  const causes: unknown[] = error instanceof AggregateError ? [...(error.errors as unknown[])] : [];
  if (error.cause !== undefined) causes.push(error.cause);
  return causes;
}

/** The error's message, and below it those of its causes that it does not repeat. */
export function messageOf(error: Error, depth = 0): string {
  const causes = depth < MAX_CAUSES ? causesOf(error) : [];
  const texts = causes.map((cause) => (cause instanceof Error ? messageOf(cause, depth + 1) : String(cause)));
  const more = texts.filter((text) => text !== '' && !error.message.includes(text));
  return more.length > 0 ? `${error.message} (cause: ${more.join('; ')})` : error.message;
}

/** The error's stack, and below it those of its causes. */
export function stackOf(error: Error, depth = 0): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  const causes = depth < MAX_CAUSES ? causesOf(error) : [];
  const texts = causes.map((cause) => (cause instanceof Error ? stackOf(cause, depth + 1) : String(cause)));
  return [own, ...texts.map((text) => `caused by: ${text}`)].join('\n');
}

const FAULTS = [TypeError, RangeError, ReferenceError];

/** Whether it is a fault of this program: thrown by JavaScript itself, not by Node for bad input (`code`) or a broken connection (`cause`). */
export function isFault(error: Error): boolean {
  return FAULTS.some((fault) => error instanceof fault) && error.cause === undefined && !('code' in error);
}
