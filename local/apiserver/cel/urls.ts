import type { Environment } from '@marcbachmann/cel-js';

/** A URL in CEL; an absolute path counts as one. */
class CelUrl {
  readonly url: URL;
  readonly isPath: boolean;
  constructor(url: URL, isPath: boolean) {
    this.url = url;
    this.isPath = isPath;
  }
}

const BASE = 'path://path';

function parseUrl(text: string): CelUrl | undefined {
  const isPath = text.startsWith('/');
  const url = URL.parse(isPath ? BASE + text : text);
  return url === null ? undefined : new CelUrl(url, isPath);
}

function url(text: string): CelUrl {
  const parsed = parseUrl(text);
  if (parsed === undefined)
    throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}`);
  return parsed;
}

function queryOf({ url: { searchParams } }: CelUrl): Map<string, string[]> {
  return new Map([...new Set(searchParams.keys())].map((key) => [key, Array.from(searchParams.getAll(key))]));
}

/** Kubernetes' URL library. */
export function addUrls(environment: Environment): void {
  environment
    .registerType('URL', { ctor: CelUrl, fields: {} })
    .registerFunction('url(string): URL', url)
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction('URL.getScheme(): string', (one: CelUrl) => (one.isPath ? '' : one.url.protocol.slice(0, -1)))
    .registerFunction('URL.getHost(): string', (one: CelUrl) => (one.isPath ? '' : one.url.host))
    .registerFunction('URL.getHostname(): string', (one: CelUrl) =>
      one.isPath ? '' : one.url.hostname.replace(/^\[(.*)\]$/, '$1'),
    )
    .registerFunction('URL.getPort(): string', (one: CelUrl) => one.url.port)
    .registerFunction('URL.getEscapedPath(): string', (one: CelUrl) => one.url.pathname)
    .registerFunction('URL.getQuery(): map<string, list<string>>', queryOf);
}
