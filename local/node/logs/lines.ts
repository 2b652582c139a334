const NEWLINE = 10;

/** The number of line feeds. */
export function lineCount(content: Uint8Array): number {
  let count = 0;
  for (const byte of content) if (byte === NEWLINE) count++;
  return count;
}

/** Skips the first `count` lines. Returns the rest, and the number of lines still to skip. */
export function dropLines(content: Buffer, count: number): { rest: Buffer; left: number } {
  let from = 0;
  for (let left = count; left > 0; left--) {
    const newline = content.indexOf(NEWLINE, from);
    if (newline < 0) return { rest: content.subarray(content.length), left };
    from = newline + 1;
  }
  return { rest: content.subarray(from), left: 0 };
}

/** Adds `prefix` before each line that starts in `content`; `atStart`: the first byte starts a line. */
export function prefixLines(content: Buffer, prefix: Buffer, atStart: boolean): Buffer {
  const parts: Buffer[] = atStart ? [prefix] : [];
  for (let from = 0; from < content.length;) {
    const newline = content.indexOf(NEWLINE, from);
    const end = newline < 0 ? content.length : newline + 1;
    parts.push(content.subarray(from, end));
    if (newline >= 0 && end < content.length) parts.push(prefix);
    from = end;
  }
  return Buffer.concat(parts);
}
