const HIDDEN = '[redacted]';

/** What must be in no log, whatever message it came with: an error of a library may quote a header, a URL or a file. */
const SECRETS: [pattern: RegExp, replacement: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/gs, HIDDEN],
  [/\b(bearer|basic)(\s+)[\w.~+/=-]{16,}/gi, `$1$2${HIDDEN}`],
  // A JSON Web Token: a service account's token is one.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"'\\]+@/gi, `$1${HIDDEN}@`],
];

/** The text without private keys, bearer and basic credentials, JSON Web Tokens, and users and passwords of URLs. */
export function redacted(text: string): string {
  return SECRETS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
}
