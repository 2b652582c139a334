/** W3C Trace Context 3.3.1: the minimum that must be propagated, and the maximum of members. */
const MAX_CHARS = 512;
const MAX_MEMBERS = 32;
/** 3.3.1.5: if members must be dropped, those longer than this go first. */
const LONG_MEMBER_CHARS = 128;
/** The longest list that is read: 32 members of maximal length, with white space. */
const MAX_READ_CHARS = 32 * 1024;

const KEY_CHAR = '[a-z0-9_\\-*/]';
const KEY = `(?:[a-z]${KEY_CHAR}{0,255}|[a-z0-9]${KEY_CHAR}{0,240}@[a-z]${KEY_CHAR}{0,13})`;
/** Printable ASCII without comma and equals sign; spaces inside, not at the end. */
const VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const MEMBER = new RegExp(`^(${KEY})=${VALUE}$`);
/** The only characters in a list; other white space is invalid. */
const LIST = /^[\t\x20-\x7e]*$/;

/** The members of a list without empty ones; undefined if one is malformed or a key is duplicated. */
function membersOf(text: string): string[] | undefined {
  if (!LIST.test(text)) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = members.map((member) => MEMBER.exec(member)?.[1]);
  return keys.includes(undefined) || new Set(keys).size < keys.length ? undefined : members;
}

/**
 * Drops whole members until the list fits: long ones first, then from the end, where the oldest are (3.3.1.5). A list may have 16 000 members, so each is
 * met once.
 */
function cut(members: string[], maxChars: number): string[] {
  const fromEnd = members.map((member, index) => ({ index, chars: member.length + 1 })).reverse();
  const isLong = ({ chars }: { chars: number }): boolean => chars - 1 > LONG_MEMBER_CHARS;
  const dropped = new Set<number>();
  let total = members.join(',').length;
  for (const { index, chars } of [...fromEnd.filter(isLong), ...fromEnd.filter((one) => !isLong(one))]) {
    if (members.length - dropped.size <= MAX_MEMBERS && total <= maxChars) break;
    dropped.add(index);
    total -= chars;
  }
  return members.filter((_member, index) => !dropped.has(index));
}

/**
 * A tracestate to propagate, of at most `maxChars` characters and 32 members. Undefined if it is invalid (W3C Trace Context 3.3.1: a list of
 * key=value) or if no member is left: the traceparent is valid without it.
 */
export function readTracestate(value: unknown, maxChars = MAX_CHARS): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_READ_CHARS) return undefined;
  const members = membersOf(value);
  const text = members && cut(members, maxChars).join(',');
  return text === '' ? undefined : text;
}
