/* eslint-disable no-control-regex -- control characters are what this is about */
/**
 * The escape sequences of ECMA-48 and xterm, introduced by ESC or by a C1 control (U+0080 to U+009F): control sequences (CSI), strings with
 * their terminator (OSC, DCS, SOS, PM, APC), and the short ones (charsets, reset). An incomplete sequence ends with the text.
 */
const CONTROL_SEQUENCE = String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?`;
const STRING = String.raw`(\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x80-\x9f]*(\x1b\\|[\x07\x18\x1a\x9c])?`;
const SHORT = String.raw`\x1b[ -/]*[0-~]?`;
const SEQUENCE = new RegExp(`${CONTROL_SEQUENCE}|${STRING}|${SHORT}`, 'g');

/** Only sequences for colour and weight (SGR): no private marker, no intermediate byte. */
const SGR = /^(?:\x1b\[|\x9b)([0-9;:]{0,64})m$/;

/** The text without escape sequences, complete or not. Other control characters stay. */
export const withoutSequences = (text: string): string => text.replace(SEQUENCE, '');

/** A piece of a line: characters, or the parameters of a colour sequence. */
export type Token = { text: string } | { sgr: string };

export interface ParsedLine {
  /** Characters and colours, without all other sequences. */
  tokens: Token[];
  /** An unterminated string sequence at the line's end: its start, and the length of its introducer. */
  open?: { at: number; introducer: number };
}

/** A line's characters and escape sequences, in time that grows with its length. */
export function parseLine(line: string): ParsedLine {
  const tokens: Token[] = [];
  let open: ParsedLine['open'];
  let from = 0;
  for (const match of line.matchAll(SEQUENCE)) {
    if (match.index > from) tokens.push({ text: line.slice(from, match.index) });
    from = match.index + match[0].length;
    const parameters = SGR.exec(match[0])?.[1];
    if (parameters !== undefined) tokens.push({ sgr: parameters });
    const [, introducer, terminator] = match;
    if (introducer !== undefined && terminator === undefined && from === line.length)
      open = { at: match.index, introducer: introducer.length };
  }
  if (from < line.length) tokens.push({ text: line.slice(from) });
  return { tokens, ...(open && { open }) };
}
