import type { LogLine } from './steps.ts';

/** These explain most failures, and leave room for the trace on the screen. */
export const MAX_LINES = 10;

/** Longer lines are shortened; they were printed completely before. */
const MAX_CHARACTERS = 2000;

/** Keeps the last lines of each step, which are printed with its failure. */
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
