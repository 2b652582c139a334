const HIDDEN = '[redacted]';

/** What may be between the first and the last line of a private key in PEM; in a JSON text a line break is `\n`. */
const PEM_BODY = String.raw`(?:(?!-----END)(?:[\w+/=:,.\s-]|\\[nrt]))*`;
const KEY = new RegExp(
  `-----BEGIN [A-Z ]{0,64}PRIVATE KEY-----${PEM_BODY}(?:-----END [A-Z ]{0,64}PRIVATE KEY-----)?`,
  'g',
);

/**
 * What must be in no log and no span, whatever message it came with: an error of a library may quote a header, a URL or a file. Each takes time that grows with
 * the text's length: no part of the text is read again from another start.
 */
const SECRETS: [pattern: RegExp, hide: (match: string, ...groups: (string | undefined)[]) => string][] = [
  [KEY, () => HIDDEN],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{16,}/gi, (_match, scheme, space) => `${scheme}${space}${HIDDEN}`],
  // A JSON Web Token: a service account's token is one.
  [/\beyJ[\w-]{8,}(\.[\w-]{8,}\.[\w-]*)?/g, (match, rest) => (rest === undefined ? match : HIDDEN)],
  // The user `git` of an SSH address is everybody's.
  [/:\/\/(?!git@)[^\s/?#"'\\]+@/g, () => `://${HIDDEN}@`],
];

/** The text without private keys, bearer and basic credentials, JSON Web Tokens, and users and passwords of URLs. */
export function redacted(text: string): string {
  return SECRETS.reduce((line, [pattern, hide]) => line.replace(pattern, hide), text);
}

/** Of a text that is much longer than what is shown of it, this many times as much is read: what is left out makes it shorter. */
const READ_TIMES = 4;

/** The same of a message in a span, cut to `maxChars`. */
export function redactedUpTo(text: string, maxChars: number): string {
  return redacted(text.slice(0, READ_TIMES * maxChars)).slice(0, maxChars);
}
