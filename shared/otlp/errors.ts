/** Thrown for a body that is not OTLP. The message has the field's path and what was expected. */
export class OtlpDecodeError extends Error {
  /** Such as `resourceSpans[0].scopeSpans[0].spans[2].traceId`; empty for the whole body. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`);
    this.name = 'OtlpDecodeError';
    this.path = path;
  }
}

/** Values nest (arrays of arrays); deeper than this is an attack on the stack, not telemetry. */
export const MAX_DEPTH = 64;
