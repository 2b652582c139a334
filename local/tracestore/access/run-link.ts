/** A trace id and a token, each 16 bytes, as one word. */
const LINK = /^\/r\/([\w-]{43})\/?$/;
const ID_BYTES = 16;
/** Of a link, what the trace id alone decides: its next character has bits of the token, too. */
const ID_CHARACTERS = 21;

export interface RunLink {
  traceId: string;
  token: string;
}

/** The path of the short link to one trace: with the store's address it fits a line of a terminal. */
export function linkPath({ traceId, token }: RunLink): string {
  const bytes = Buffer.concat([Buffer.from(traceId, 'hex'), Buffer.from(token, 'base64url')]);
  return `/r/${bytes.toString('base64url')}`;
}

/** What the path of a link has; undefined for another path. The token is not checked. */
export function readLink(path: string): RunLink | undefined {
  const [, word] = LINK.exec(path) ?? [];
  if (word === undefined) return undefined;
  const bytes = Buffer.from(word, 'base64url');
  return {
    traceId: bytes.subarray(0, ID_BYTES).toString('hex'),
    token: bytes.subarray(ID_BYTES).toString('base64url'),
  };
}

/** What all links to a trace begin with, to find one where they are written. */
export function linkStart(traceId: string): string {
  return `/r/${Buffer.from(traceId, 'hex').toString('base64url').slice(0, ID_CHARACTERS)}`;
}
