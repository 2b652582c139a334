import type { LogLine } from './steps.ts';

/** As many explain most failures, and still leave the trace on the screen. */
export const MAX_LINES = 10;

/** A line longer than this is shortened when it is kept: it was shown whole. */
const MAX_CHARACTERS = 2000;

/** Keeps the last lines of each step, so that a failure can be told with what the step said at its end. */
export class LastLines {
  readonly #lines = new Map<string, string[]>();

  add({ pod, step, text }: LogLine): void {
    const key = `${pod}/${step}`;
    const lines = this.#lines.get(key) ?? [];
    lines.push(text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text);
    if (lines.length > MAX_LINES) lines.shift();
    this.#lines.set(key, lines);
  }

  of(pod: string | undefined, step: string | undefined): string[] {
    return this.#lines.get(`${pod}/${step}`) ?? [];
  }
}
