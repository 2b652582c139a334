/** Variables that set the destination of an OTLP exporter, for all signals or one (OTLP exporter specification). */
const EXPORT_VARIABLE = /^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|LOGS_)?(ENDPOINT|PROTOCOL|HEADERS)$/;

/** Whether a container with these variables sets its own destination. Then none is added, because they would not fit together. */
export function setsItsOwnExport(names: string[]): boolean {
  return names.some((name) => EXPORT_VARIABLE.test(name));
}
