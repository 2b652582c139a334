/** Of a log, this much is kept. */
export const MAX_CHARACTERS = 5 * 1024 * 1024;

/** More lines would be higher than a browser can draw: Firefox ends at 17 million pixels. */
const MAX_LINES = 900_000;

/** A longer line is drawn up to here. */
const MAX_SHOWN = 4000;
/** A line of more colours is drawn up to here. */
const MAX_PIECES = 200;

/** Colour and weight: what is left of escape sequences. */
const SGR = /\x1b\[([0-9;:]*)m/g;

/**
 * The lines of a log as they come, in pieces of any length. The oldest lines are dropped when it is too long. What comes after a carriage return replaces
 * what its line was until then.
 * @param {number} [maxCharacters]
 * @param {number} [maxLines]
 */
export function createLines(maxCharacters = MAX_CHARACTERS, maxLines = MAX_LINES) {
  /** @type {string[]} */
  const lines = [];
  let characters = 0;
  let rest = '';
  return {
    /** All that is kept; a last one without its end, too. */
    lines,
    /** @param {string} text @returns {number} how many lines were dropped at the beginning */
    add(text) {
      if (rest !== '') lines.pop();
      const added = (rest + text).split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1));
      rest = added.pop() ?? '';
      for (const line of added) {
        lines.push(line);
        characters += line.length + 1;
      }
      let dropped = 0;
      while ((characters > maxCharacters || lines.length - dropped > maxLines) && dropped < lines.length - 1)
        characters -= (lines[dropped++]?.length ?? 0) + 1;
      lines.splice(0, dropped);
      if (rest !== '') lines.push(rest);
      return dropped;
    },
    clear() {
      lines.length = characters = 0;
      rest = '';
    },
    /** The whole log without colours. */
    text: () => lines.map((line) => line.replace(SGR, '')).join('\n'),
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
 * The parameters of an extended colour: `2;R;G;B` or `5;INDEX`. After a colon, `2:` may have a colour space before them.
 * @param {string[]} groups of the sequence
 * @param {number} at the group that begins the colour
 * @returns {{color: number | undefined, groups: number}} how many further groups belong to it
 */
function extendedColor(groups, at) {
  const [, ...sub] = (groups[at] ?? '').split(':').map(Number);
  const inGroups = sub.length === 0;
  const [mode = 0, ...rest] = inGroups ? groups.slice(at + 1).map(Number) : sub;
  const [a = 0, b = 0, c = 0] = !inGroups && mode === 2 && rest.length > 3 ? rest.slice(1) : rest;
  const color = mode === 2 ? nearest(a, b, c) : mode === 5 ? ofPalette(a) : undefined;
  return { color, groups: inGroups ? (mode === 2 ? 4 : 2) : 0 };
}

/**
 * @param {Set<string>} classes
 * @param {string} parameters of an SGR sequence
 */
function apply(classes, parameters) {
  const groups = parameters.split(';');
  const drop = (/** @type {string} */ prefix) => {
    for (const name of classes) if (name.startsWith(prefix)) classes.delete(name);
  };
  for (let at = 0; at < groups.length; at += 1) {
    const [code = 0, sub] = (groups[at] ?? '').split(':').map(Number);
    const style = STYLES[code];
    const isExtended = code === 38 || code === 48 || code === 58;
    const extended = isExtended ? extendedColor(groups, at) : undefined;
    at += extended?.groups ?? 0;
    if (code === 0) classes.clear();
    else if (code === 4 && sub === 0) classes.delete('log-underline');
    else if (style) classes.add(`log-${style}`);
    else if (code === 21) classes.add('log-underline');
    else if (code === 22) ['log-bold', 'log-dim'].forEach((name) => classes.delete(name));
    else if (code >= 23 && code <= 29) classes.delete(`log-${STYLES[code - 20] ?? ''}`);
    else if ((code >= 30 && code < 50) || (code >= 90 && code < 108)) {
      const ground = (code >= 40 && code < 50) || code >= 100 ? 'log-on-' : 'log-fg-';
      drop(ground);
      const color = extended ? extended.color : code === 39 || code === 49 ? undefined : code % 10;
      const name = color === undefined ? undefined : NAMES[color];
      if (name) classes.add(ground + name);
    }
  }
}

/**
 * A line's text in pieces of one style each, up to what a person can read of it. The server has removed every escape sequence but those for colour and
 * weight.
 * @param {string} line
 * @returns {Piece[]}
 */
export function pieces(line) {
  /** @type {Set<string>} */
  const classes = new Set();
  /** @type {Piece[]} */
  const found = [];
  let left = MAX_SHOWN;
  /** @param {number} from @param {number} to @returns {boolean} whether there is room for more */
  const add = (from, to) => {
    if (from === to) return true;
    const isCut = to - from > left || found.length + 1 >= MAX_PIECES;
    const text = line.slice(from, Math.min(to, from + left));
    found.push({ text: isCut ? `${text}…` : text, classes: [...classes] });
    left -= to - from;
    return !isCut;
  };
  let from = 0;
  for (const match of line.matchAll(SGR)) {
    if (!add(from, match.index)) return found;
    apply(classes, match[1] ?? '');
    from = match.index + match[0].length;
  }
  add(from, line.length);
  return found;
}
