import { percentDecoded } from './headers.ts';
import { ExporterSettingsError } from './settings.ts';

/** Default port of OTLP over gRPC. */
const GRPC_PORT = '4317';

function url(text: string, source: string, expected: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new ExporterSettingsError(`${source}: not a URL: expected ${expected}`);
  }
}

/** A collector's URL. Throws ExporterSettingsError, without the text, if it is not an http or https URL. `source` is the flag or variable. */
export function httpEndpoint(text: string, source: string): URL {
  const found = url(
    text,
    source,
    'http(s)://HOST:4318/v1/traces (OTLP) or http(s)://HOST:14268/api/traces (Jaeger Thrift)',
  );
  if (found.protocol !== 'http:' && found.protocol !== 'https:')
    throw new ExporterSettingsError(`${source}: ${found.protocol}// is not supported: use http:// or https://`);
  percentDecoded(found.username + found.password, `${source}: user and password`);
  return found;
}

/**
 * The address of a gRPC receiver (OTLP exporter specification): `http://` is without TLS, `https://` with TLS; for `HOST:PORT` alone `insecure`
 * decides. A path has no meaning in gRPC, and is refused. Throws ExporterSettingsError, without the text.
 */
export function grpcEndpoint(text: string, source: string, insecure: boolean): URL {
  const expected = 'http://HOST:4317, or https://HOST:4317 with TLS';
  if (/^unix(-abstract)?:/i.test(text))
    throw new ExporterSettingsError(`${source}: unix sockets are not supported: use ${expected}`);
  const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${insecure ? 'http' : 'https'}://${text}`;
  url(complete, source, expected);
  const found = httpEndpoint(complete, source);
  if (found.pathname !== '/' || found.search !== '')
    throw new ExporterSettingsError(
      `${source}: has a path, and gRPC has none: use ${expected}, or set the protocol to http/protobuf (--otlp-protocol or OTEL_EXPORTER_OTLP_PROTOCOL)`,
    );
  const [, authority = ''] = /^[^/]*\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(complete) ?? [];
  if (!/:\d+$/.test(authority)) found.port = GRPC_PORT;
  return found;
}

/** The protocol of a collector URL, by its path, else by its port; undefined if neither shows it. */
export function protocolOf({ pathname, port }: URL): 'otlp' | 'jaeger' | undefined {
  if (pathname.endsWith('/v1/traces')) return 'otlp';
  if (pathname.endsWith('/api/traces')) return 'jaeger';
  if (port === '4318' || port === GRPC_PORT) return 'otlp';
  if (port === '14268') return 'jaeger';
  return undefined;
}

/** Whether a URL has gRPC's port and no path. */
export function isGrpcPort({ pathname, port }: URL): boolean {
  return pathname === '/' && port === GRPC_PORT;
}
