import { withoutOpensslPlaces } from '../../runtime/openssl.ts';

/** Maximum of `Retry-After`: a collector's mistake must not stop exports for days, or overflow a timer. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** Milliseconds of an HTTP `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3), at most a minute. Undefined if it is invalid or in the past. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  return boundedRetryMs(/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs);
}

/** `ms`, at most a minute; undefined if it is not positive. */
export function boundedRetryMs(ms: number): number | undefined {
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

/** `ms` plus or minus a fifth, so that senders refused at the same time do not retry at the same time. `random`: 0 to 1. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.8 + 0.4 * random());
}

const HINTS: [RegExp, string][] = [
  [
    /self.signed certificate|unable to (verify the first|get (local )?issuer) certificate/i,
    'name its certificate authority with --otlp-ca-file or OTEL_EXPORTER_OTLP_CERTIFICATE',
  ],
  [
    /alert (certificate required|bad certificate|handshake failure)/i,
    'the collector requires a client certificate: --otlp-client-cert-file and --otlp-client-key-file, or OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY',
  ],
  [
    /wrong version number|packet length too long/i,
    'the collector does not speak TLS at this port: use http:// instead of https://',
  ],
  [
    /Expected HTTP\//i,
    'the collector does not speak HTTP/1.1 at this port: is it OTLP over gRPC (--otlp-protocol=grpc or OTEL_EXPORTER_OTLP_PROTOCOL=grpc)?',
  ],
];

/** `text` with advice, if there is one. */
export function withHint(text: string): string {
  const reason = withoutOpensslPlaces(text);
  const [, hint] = HINTS.find(([pattern]) => pattern.test(reason)) ?? [];
  return hint === undefined ? reason : `${reason}: ${hint}`;
}

const MAX_TEXT = 300;
const SHORTEST_SECRET = 4;

/** A header's value, and of `Bearer TOKEN` or `Basic CREDENTIALS` the latter alone: a collector may repeat it without its scheme. */
const partsOf = (secret: string): string[] => [secret, secret.replace(/^\S+\s+/, '')];

/** A collector's text for a log: one short line, without the `secrets` of the request, which the collector may repeat. */
export function publicText(text: string, secrets: string[]): string {
  const hidden = secrets
    .flatMap(partsOf)
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const line = hidden.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}
