/* eslint-disable no-control-regex -- control characters are what this is about */
import { parseLine } from './escape-sequences.ts';
import type { Token } from './escape-sequences.ts';

const RESET = '\x1b[0m';

/** What a line may leave open for the next: a program that sets more than this without a reset is not painting. */
const MAX_OPEN = 16;

/** How much is held back while a string sequence (a title, an image) waits for its terminator. */
const MAX_HELD_CHARACTERS = 64 * 1024;

/**
 * Tabs are text; every other control character would move the cursor, ring or worse. So are characters taken out that are not seen and change the direction in
 * which a line is read (Unicode's Bidi_Control) or how it is shaped: with them a line can show something else than it says.
 */
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/g;

const BROKEN_OFF = /(?:\x1b(?:\[[0-?]{0,64})?|\x9b[0-?]{0,64})$/;

/** What a terminal would take for the rest of the sequence that the line before broke off in. A text that only might be one stays. */
function isRestOf(brokenOff: string, line: string): boolean {
  if (brokenOff === '\x1b') return /^\[[0-?]+[ -/]*[@-~]/.test(line);
  return /[0-?]$/.test(brokenOff) ? /^[0-?]*[ -/]*[@-~]/.test(line) : /^[0-?]+[ -/]*[@-~]/.test(line);
}

const isReset = (sgr: string): boolean => /^0*$/.test(sgr);
const startsAnew = (sgr: string): boolean => /^0*(?:;|$)/.test(sgr);

/** The text without its last character. */
const shortened = (text: string): string => text.slice(0, /[\udc00-\udfff]/.test(text.slice(-1)) ? -2 : -1);

const isColour = (piece: string): boolean => piece.startsWith('\x1b');

/** A row of characters as a terminal would have it at the end of the line, with the colours that are set then. */
class Row {
  #pieces: string[] = [];
  #open: string[];
  readonly #colours: boolean;
  /** There is text after the last carriage return. */
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

  /** What was written over by a later state is gone; the last one stays though the cursor is at its start. */
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
   * Takes a line as it was written, without its line feed, and gives what can be shown now: no line while an escape sequence goes on, several when it
   * turns out to be none.
   */
  line(text: string): string[];
  /** What was held back, when no more will come. */
  end(): string[];
}

/**
 * Makes one container's lines fit for a terminal or a file: indentation, tabs and spaces stay; colours stay with `colours`, are closed at the end of
 * the line and go on in the next; every other escape sequence, control character and invisible mark of direction is taken out whole, also one that goes over several lines. Of
 * a line that was written over with carriage returns the last state stays.
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
  /** It was no sequence after all: only what introduces it is dropped, the rest is text. */
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
