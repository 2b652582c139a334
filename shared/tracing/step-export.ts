/** What tells OpenTelemetry's exporters where to send, for all signals or one: OpenTelemetry's specification, OTLP exporter configuration. */
const EXPORT_VARIABLE = /^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_|LOGS_)?(ENDPOINT|PROTOCOL|HEADERS)$/;

/** Whether a container with these variables says itself where its programs send: then none is added, as they would not fit together. */
export function setsItsOwnExport(names: string[]): boolean {
  return names.some((name) => EXPORT_VARIABLE.test(name));
}
