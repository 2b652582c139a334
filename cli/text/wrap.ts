import { displayWidth } from '../waterfall/display-width.ts';

/** A word in pieces of at most `width` columns. */
function broken(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && displayWidth(piece + character) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

/** A space, but not the one in `591 ms`. */
const BREAK = /(?<!\d) | (?!(?:ms|s|m|h)\b)/;

/** The text in lines of at most `width` columns, broken at spaces, but not between a number and its unit. A longer word is broken too, unless `keepWords`. */
export function wrap(text: string, width: number, { keepWords = false }: { keepWords?: boolean } = {}): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(BREAK).flatMap((word) => (keepWords ? [word] : broken(word, Math.max(1, width))));
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
