/** `Retry-After` beyond this is cut to it: a collector's mistake must not stop exports for days, nor overflow a timer. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** Milliseconds of an HTTP `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3), at most a minute; undefined for what is neither, or past. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  return boundedRetryMs(/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs);
}

/** `ms` within a minute; undefined when it asks for no wait. */
export function boundedRetryMs(ms: number): number | undefined {
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

/** `ms` give or take a fifth, so that senders which a collector turned away together do not come back together. `random`: 0 to 1. */
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

/** `text` with what to do about it, where that is known. */
export function withHint(text: string): string {
  const [, hint] = HINTS.find(([pattern]) => pattern.test(text)) ?? [];
  return hint === undefined ? text : `${text}: ${hint}`;
}

const MAX_TEXT = 300;
const SHORTEST_SECRET = 4;

/** What a collector says, fit for a log: one line, short, and without the `secrets` that it was sent, which it may repeat. */
export function publicText(text: string, secrets: string[]): string {
  const hidden = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const line = hidden.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}
