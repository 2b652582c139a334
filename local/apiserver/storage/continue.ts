import { parseJson } from '../go-json.ts';
import { badRequest } from '../status.ts';

/** The position of the next page: version (-1: the newest) and last key. */
export interface Continuation {
  revision: number;
  start: string;
}

const VERSION = 'meta.k8s.io/v1';

/** The `continue` token of a page, as kube-apiserver makes it. */
export function encodeContinue({ revision, start }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision, start })).toString('base64url');
}

function refuse(problem: string): Error {
  return badRequest(`invalid continue token: continue key is not valid${problem}`);
}

/** Where Go's decoder of base64 (for URLs, without padding) stops. */
function base64Problem(token: string): string | undefined {
  const text = token.replaceAll(/[\r\n]/g, '');
  const wrong = text.search(/[^\w-]/);
  if (wrong >= 0) return `illegal base64 data at input byte ${wrong}`;
  return text.length % 4 === 1 ? `illegal base64 data at input byte ${text.length - 1}` : undefined;
}

/** Reads a token; 400 if invalid. */
export function decodeContinue(token: string): Continuation {
  const problem = base64Problem(token);
  if (problem !== undefined) throw refuse(`: ${problem}`);
  let content: unknown;
  try {
    content = parseJson(Buffer.from(token, 'base64url').toString('latin1'), 'latin1').value;
  } catch (error: unknown) {
    throw refuse(`: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { v, rv, start } = (content ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== VERSION) throw refuse(`: server does not recognize this encoded version ${typeof v === 'string' ? v : ''}`);
  if (typeof rv !== 'number' || rv === 0)
    throw refuse(`: incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== 'string' || start === '') throw refuse(`: encoded start key empty (version ${VERSION})`);
  return { revision: rv, start };
}
