import type { Logger } from '../../runtime/log.ts';
import { variable } from '../environment.ts';
import type { Environment } from '../environment.ts';

const SIZES = 'batches and queue have fixed sizes';

/** Variables of OpenTelemetry's specification without effect here, and what to use instead. */
const UNUSED: Record<string, string> = {
  OTEL_TRACES_SAMPLER: 'runs are sampled when they are created: --sample-ratio, --sample-namespace',
  OTEL_TRACES_SAMPLER_ARG: 'runs are sampled when they are created: --sample-ratio, --sample-namespace',
  OTEL_PROPAGATORS: 'steps always get W3C Trace Context and Baggage',
  OTEL_BSP_SCHEDULE_DELAY: SIZES,
  OTEL_BSP_MAX_QUEUE_SIZE: SIZES,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: SIZES,
  OTEL_BSP_EXPORT_TIMEOUT: '--otlp-timeout or OTEL_EXPORTER_OTLP_TIMEOUT',
  OTEL_LOG_LEVEL: '--log-level',
  OTEL_CONFIG_FILE: 'the other variables and flags',
  OTEL_EXPERIMENTAL_CONFIG_FILE: 'the other variables and flags',
  OTEL_ENTITIES: 'OTEL_RESOURCE_ATTRIBUTES',
  OTEL_EXPORTER_OTLP_SPAN_INSECURE: 'OTEL_EXPORTER_OTLP_TRACES_INSECURE',
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: '--jaeger-collector-url or OTEL_EXPORTER_OTLP_ENDPOINT',
  OTEL_EXPORTER_JAEGER_ENDPOINT: '--jaeger-collector-url',
  OTEL_EXPORTER_JAEGER_AGENT_HOST: '--jaeger-collector-url',
};

/** Values that equal the default behaviour. */
const USUAL: Record<string, RegExp> = {
  OTEL_TRACES_SAMPLER: /^(parentbased_)?always_on$/i,
  OTEL_PROPAGATORS: /^\s*(tracecontext\s*,\s*baggage|baggage\s*,\s*tracecontext)\s*$/i,
};

/** Warns once about each variable without effect, with what to use instead. The warning does not have the value. */
export function warnOfUnsupported(env: Environment, log: Logger): void {
  for (const [name, instead] of Object.entries(UNUSED)) {
    const found = variable(env, name);
    if (found && !USUAL[name]?.test(found.value))
      log.warn('the variable has no effect here', { variable: name, instead });
  }
}
