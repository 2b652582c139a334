export const OTLP_PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
export type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number];

export const COMPRESSIONS = ['gzip', 'none'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** A command's flags for the collector. Each wins over the variable of the same meaning. */
export interface ExporterSettings {
  /** `--jaeger-collector-url` (TEP-0124). */
  collectorUrl?: string;
  /** `--exporter`: the protocol, if the URL does not show it. */
  protocol?: 'otlp' | 'jaeger';
  /** `--otlp-protocol` */
  otlpProtocol?: OtlpProtocol;
  /** `--otlp-timeout`: timeout of one export in milliseconds; 0 = no limit. */
  timeoutMs?: number;
  /** `--otlp-compression` */
  compression?: Compression;
  /** `--otlp-ca-file`: PEM, the certificate authorities to trust instead of the system's. */
  caFile?: string;
  /** `--otlp-client-cert-file`: PEM, the client certificate. */
  clientCertFile?: string;
  /** `--otlp-client-key-file`: PEM, without a passphrase. */
  clientKeyFile?: string;
  /** `--otlp-headers-file`: `key=value`, one per line or separated by commas, values percent-encoded. */
  headersFile?: string;
  /** User agent of requests. */
  userAgent?: string;
}

/** Thrown for invalid settings. The message has the setting and what to do, and never a header's value or a key. */
export class ExporterSettingsError extends Error {
  override readonly name = 'ExporterSettingsError';
}
