import { stripVTControlCharacters } from 'node:util';

import { displayWidth } from '../waterfall/display-width.ts';

/** The lines at the bottom of a terminal that are drawn again and again. Everything else is written above them. */
export interface Region {
  /** Replaces the lines. None removes the region. */
  draw(lines: readonly string[]): void;
  /** Runs `write`, which may write whole lines to the terminal by any stream, and draws the region again below them. */
  above(write: () => void): void;
}

/**
 * Clears the rows above the cursor one by one, and leaves it in the first (ECMA-48: CUU, EL). Clearing them at once, to the end of the screen, fills the
 * history of tmux with every drawing if the region begins in the first row.
 */
const eraseRows = (rows: number): string => (rows > 0 ? `\r${'\x1b[1A\x1b[2K'.repeat(rows)}` : '');

/**
 * A region of `stream`. The cursor is always at the beginning of the line below it. The terminal breaks lines that a narrower window has no room
 * for; the rows that they take then are cleared, too.
 */
export function createRegion(stream: NodeJS.WriteStream, columns: () => number): Region {
  let shown: readonly string[] = [];
  const rowsOf = (line: string): number =>
    Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns()));
  const erase = (): string => eraseRows(shown.reduce((sum, line) => sum + rowsOf(line), 0));
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  return {
    draw(lines) {
      const before = erase();
      shown = lines;
      if (before !== '' || lines.length > 0) stream.write(before + text(lines));
    },
    above(write) {
      if (shown.length > 0) stream.write(erase());
      write();
      if (shown.length > 0) stream.write(text(shown));
    },
  };
}
