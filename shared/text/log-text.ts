/* eslint-disable no-control-regex -- control characters are what this is about */
import { parseLine } from './escape-sequences.ts';
import type { Token } from './escape-sequences.ts';

const RESET = '\x1b[0m';

/** Colours that a line may leave open for the next. */
const MAX_OPEN = 16;

/** Characters that are held back while a string sequence (a title, an image) has no terminator. */
const MAX_HELD_CHARACTERS = 64 * 1024;

/**
 * Control characters except the tab: they move the cursor, ring or worse. Also invisible characters that change the direction (Unicode's
 * Bidi_Control) or the shape of text: with them a line can look different from its content.
 */
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/g;

const BROKEN_OFF = /(?:\x1b(?:\[[0-?]{0,64})?|\x9b[0-?]{0,64})$/;

/** Whether a terminal would read the line as the rest of the sequence that the previous line left open. Ambiguous text stays. */
function isRestOf(brokenOff: string, line: string): boolean {
  if (brokenOff === '\x1b') return /^\[[0-?]+[ -/]*[@-~]/.test(line);
  return /[0-?]$/.test(brokenOff) ? /^[0-?]*[ -/]*[@-~]/.test(line) : /^[0-?]+[ -/]*[@-~]/.test(line);
}

const isReset = (sgr: string): boolean => /^0*$/.test(sgr);
const startsAnew = (sgr: string): boolean => /^0*(?:;|$)/.test(sgr);

/** The text without its last character. */
const shortened = (text: string): string => text.slice(0, /[\udc00-\udfff]/.test(text.slice(-1)) ? -2 : -1);

const isColour = (piece: string): boolean => piece.startsWith('\x1b');

/** The characters that a terminal shows at the end of the line, with their colours. */
class Row {
  #pieces: string[] = [];
  #open: string[];
  readonly #colours: boolean;
  /** Whether there is text after the last carriage return. */
  #written = false;

  constructor(open: string[], colours: boolean) {
    this.#open = open;
    this.#colours = colours;
  }

  get open(): string[] {
    return this.#open;
  }

  paint(sgr: string): void {
    this.#open = [...(startsAnew(sgr) ? [] : this.#open), ...(isReset(sgr) ? [] : [sgr])].slice(-MAX_OPEN);
    if (this.#colours && this.#written) this.#pieces.push(`\x1b[${isReset(sgr) ? '0' : sgr}m`);
  }

  write(text: string): void {
    for (const piece of text.split(/([\r\b])/)) {
      if (piece === '\r') this.#written = false;
      else if (piece === '\b') this.#erase();
      else this.#add(piece.replace(CONTROLS, ''));
    }
  }

  /** Replaces an overwritten state. The last state stays, although the cursor is at its start. */
  #add(text: string): void {
    if (text === '') return;
    if (!this.#written) this.#pieces = this.#colours ? this.#open.map((sgr) => `\x1b[${sgr}m`) : [];
    this.#written = true;
    this.#pieces.push(text);
  }

  #erase(): void {
    const last = this.#pieces.at(-1);
    if (!this.#written || last === undefined || isColour(last)) return;
    this.#pieces.pop();
    const rest = shortened(last);
    if (rest !== '') this.#pieces.push(rest);
    else this.#written = !this.#pieces.every(isColour);
  }

  toString(): string {
    if (this.#pieces.every(isColour)) return '';
    const text = this.#pieces.join('');
    return text.lastIndexOf('\x1b[') > text.lastIndexOf(RESET) ? text + RESET : text;
  }
}

export interface LogText {
  /**
   * Takes a line without its line feed, and returns the lines that can be shown now: none while an escape sequence is open, several when it
   * turns out to be text.
   */
  line(text: string): string[];
  /** The lines that were held back, at the end of the log. */
  end(): string[];
}

/**
 * Makes one container's lines safe for a terminal or a file. Indentation, tabs and spaces stay. With `colours`, colours stay; they are closed at
 * the end of the line and continued in the next. Every other escape sequence (also over several lines), control character and invisible
 * direction mark is removed. Of a line overwritten with carriage returns the last state stays.
 */
export function createLogText(colours: boolean): LogText {
  let open: string[] = [];
  let brokenOff = '';
  let held: string[] = [];
  let heldCharacters = 0;

  function show(tokens: Token[]): string {
    const row = new Row(open, colours);
    for (const token of tokens) {
      if ('sgr' in token) row.paint(token.sgr);
      else row.write(token.text);
    }
    open = row.open;
    return row.toString();
  }
  function take(): string[] {
    const lines = held;
    held = [];
    heldCharacters = 0;
    return lines;
  }
  function hold(line: string): string[] {
    held.push(line);
    heldCharacters += line.length;
    return heldCharacters > MAX_HELD_CHARACTERS ? release() : [];
  }
  /** The held lines were no sequence: only its introducer is dropped, the rest is text. */
  function release(): string[] {
    const [first, ...rest] = take();
    if (first === undefined) return [];
    const { at, introducer } = parseLine(first).open ?? { at: first.length, introducer: 0 };
    return [first.slice(0, at) + first.slice(at + introducer), ...rest].map((line) => show(parseLine(line).tokens));
  }
  function next(text: string): string[] {
    const line = brokenOff !== '' && isRestOf(brokenOff, text) ? brokenOff + text : text;
    brokenOff = BROKEN_OFF.exec(line)?.[0] ?? '';
    const { tokens, open: unended } = parseLine(line);
    return unended ? hold(line) : [show(tokens)];
  }
  function goOn(text: string): string[] {
    const end = /\x1b\\|[\x07\x18\x1a\x1b\x80-\x9f]/.exec(text);
    if (!end) return hold(text);
    if (!/^(?:\x1b\\|[\x07\x9c])$/.test(end[0])) return [...release(), ...next(text)];
    const [first = ''] = take();
    return next(first.slice(0, parseLine(first).open?.at) + text.slice(end.index + end[0].length));
  }
  return { line: (text) => (held.length > 0 ? goOn(text) : next(text)), end: release };
}
