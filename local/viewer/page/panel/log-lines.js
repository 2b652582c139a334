/** Of a log, this much is kept. */
export const MAX_CHARACTERS = 5 * 1024 * 1024;

/** A longer line is drawn up to here. */
const MAX_SHOWN = 4000;

/**
 * The lines of a log as they come, in pieces of any length. The oldest lines are dropped when it is too long.
 * @param {number} [maxCharacters]
 */
export function createLines(maxCharacters = MAX_CHARACTERS) {
  /** @type {string[]} */
  const lines = [];
  let characters = 0;
  let rest = '';
  return {
    lines,
    /** @param {string} text @returns {number} how many lines were dropped at the beginning */
    add(text) {
      const added = (rest + text).split('\n');
      rest = added.pop() ?? '';
      for (const line of added) {
        lines.push(line);
        characters += line.length + 1;
      }
      let dropped = 0;
      while (characters > maxCharacters && dropped < lines.length - 1)
        characters -= (lines[dropped++]?.length ?? 0) + 1;
      lines.splice(0, dropped);
      return dropped;
    },
    /** The whole log without colours. */
    text: () =>
      lines
        .map((line) =>
          pieces(line)
            .map((piece) => piece.text)
            .join(''),
        )
        .join('\n'),
  };
}

/** @typedef {{text: string, classes: string[]}} Piece */

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
/** @type {Record<number, string>} */
const STYLES = { 1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline', 7: 'inverse', 9: 'struck' };

/** The nearest of the eight colours. @param {number} red @param {number} green @param {number} blue */
function nearest(red, green, blue) {
  const strong = Math.max(red, green, blue) / 2;
  return (red > strong ? 1 : 0) + (green > strong ? 2 : 0) + (blue > strong ? 4 : 0);
}

/** One of xterm's 256 colours as one of the eight. @param {number} index */
function ofPalette(index) {
  if (index < 16) return index % 8;
  if (index >= 232) return index < 244 ? 0 : 7;
  const cube = index - 16;
  return nearest(Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6);
}

/**
 * @param {Set<string>} classes
 * @param {string} parameters of an SGR sequence
 */
function apply(classes, parameters) {
  const codes = parameters.split(/[;:]/).map(Number);
  const drop = (/** @type {string} */ prefix) => {
    for (const name of classes) if (name.startsWith(prefix)) classes.delete(name);
  };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    const style = STYLES[code];
    const extended = code === 38 || code === 48;
    if (code === 0) classes.clear();
    else if (style) classes.add(`log-${style}`);
    else if (code === 22) ['log-bold', 'log-dim'].forEach((name) => classes.delete(name));
    else if (code >= 23 && code <= 29) classes.delete(`log-${STYLES[code - 20] ?? ''}`);
    else if (extended || code >= 30) {
      const ground = code === 48 || (code >= 40 && code < 50) || code >= 100 ? 'log-on-' : 'log-fg-';
      drop(ground);
      if (code === 39 || code === 49) continue;
      const color = extended
        ? codes[at + 1] === 2
          ? nearest(codes[at + 2] ?? 0, codes[at + 3] ?? 0, codes[at + 4] ?? 0)
          : ofPalette(codes[at + 2] ?? 0)
        : code % 10;
      if (extended) at += codes[at + 1] === 2 ? 4 : 2;
      if (NAMES[color]) classes.add(ground + NAMES[color]);
    }
  }
}

/**
 * A line's text in pieces of one style each. The server has removed every escape sequence but those for colour and weight.
 * @param {string} line
 * @returns {Piece[]}
 */
export function pieces(line) {
  const classes = new Set();
  return line.split(/\x1b\[([0-9;:]*)m/).flatMap((part, index) => {
    if (index % 2 === 1) apply(classes, part);
    else if (part !== '')
      return [{ text: part.length > MAX_SHOWN ? `${part.slice(0, MAX_SHOWN)}…` : part, classes: [...classes] }];
    return [];
  });
}
