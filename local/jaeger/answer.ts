import { printableUpTo } from '../../shared/text/printable.ts';

/** Longest text of a reason that Jaeger, or what is before it, gives. */
export const MAX_REASON = 200;

/** Whether the body is JSON, which may come as text/plain; a page is not. */
export const isJson = (body: string): boolean => /^\s*[{[]/.test(body);

/** The parsed documents of an answer: a streamed one is several, one a line. Throws SyntaxError. */
export function documents(body: string): unknown[] {
  try {
    return [JSON.parse(body)];
  } catch {
    return body
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as unknown);
  }
}

/**
 * Where a redirect has the same path below another address, which is then the Jaeger's own; undefined for any other, as to a login page. Without
 * user, password and query.
 */
export function movedTo(location: string | null, url: string, path: string): string | undefined {
  if (location === null || !URL.canParse(location, url)) return undefined;
  const [pathname = ''] = path.split('?');
  const target = new URL(location, url);
  if (!target.pathname.endsWith(pathname)) return undefined;
  const address = printableUpTo(`${target.origin}${target.pathname.slice(0, -pathname.length)}`, MAX_REASON);
  return address === url ? undefined : address;
}

/** Of a page this much is read: its reason stands at the beginning, and it may have megabytes. */
export const PAGE_START = 16 * 1024;

/** The text of a page that a proxy answers with. */
export function textOf(body: string): string {
  const text = body.slice(0, PAGE_START).replace(/<(style|script)\b[^]*?<\/\1>|<[^>]*>/gi, ' ');
  return printableUpTo(text.replace(/\s+/g, ' '), MAX_REASON).replace(/ +/g, ' ');
}

/** The reason in an error of `/api/v3` or `/api`, else the start of the body. */
export function messageOf(body: string): string {
  try {
    const { error, errors } = JSON.parse(body) as { error?: { message?: string }; errors?: { msg?: string }[] };
    return error?.message ?? errors?.[0]?.msg ?? body.slice(0, 200);
  } catch {
    return body.slice(0, 200);
  }
}
