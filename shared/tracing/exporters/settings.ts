export const OTLP_PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
export type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number];

export const COMPRESSIONS = ['gzip', 'none'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What a command's flags say about the collector. Each wins over the variable of the same meaning. */
export interface ExporterSettings {
  /** `--jaeger-collector-url` (TEP-0124). */
  collectorUrl?: string;
  /** `--exporter`: settles what the URL leaves open. */
  protocol?: 'otlp' | 'jaeger';
  /** `--otlp-protocol` */
  otlpProtocol?: OtlpProtocol;
  /** `--otlp-timeout`: of one export; 0 = no limit. */
  timeoutMs?: number;
  /** `--otlp-compression` */
  compression?: Compression;
  /** `--otlp-ca-file`: PEM, the certificate authorities to trust in place of the system's. */
  caFile?: string;
  /** `--otlp-client-cert-file`: PEM, for collectors that want a client certificate. */
  clientCertFile?: string;
  /** `--otlp-client-key-file`: PEM, without a passphrase. */
  clientKeyFile?: string;
  /** `--otlp-headers-file`: `key=value`, one a line or separated by commas, values percent-encoded. */
  headersFile?: string;
  /** What this program calls itself in requests. */
  userAgent?: string;
}

/** Thrown for settings that can't be meant; the message says which and what to do, and never repeats a header or a key. */
export class ExporterSettingsError extends Error {
  override readonly name = 'ExporterSettingsError';
}
