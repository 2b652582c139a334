import { expect, test } from '@jest/globals';

import { warnOfUnsupported } from '../../../../../shared/tracing/exporters/unsupported.ts';
import { logLines } from '../log-lines.ts';

const warnings = (env: Record<string, string>): unknown[] => {
  const { log, lines } = logLines();
  warnOfUnsupported(env, log);
  return lines.map(({ variable, instead }) => [variable, instead]);
};

test.each([
  [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, 'OTEL_TRACES_SAMPLER', '--sample-ratio'],
  [{ OTEL_PROPAGATORS: 'b3' }, 'OTEL_PROPAGATORS', 'W3C'],
  [{ OTEL_BSP_MAX_QUEUE_SIZE: '1' }, 'OTEL_BSP_MAX_QUEUE_SIZE', 'fixed sizes'],
  [{ OTEL_BSP_EXPORT_TIMEOUT: '1' }, 'OTEL_BSP_EXPORT_TIMEOUT', '--otlp-timeout'],
  [{ OTEL_LOG_LEVEL: 'debug' }, 'OTEL_LOG_LEVEL', '--log-level'],
  [
    { OTEL_EXPORTER_JAEGER_ENDPOINT: 'http://user:secret@j' },
    'OTEL_EXPORTER_JAEGER_ENDPOINT',
    '--jaeger-collector-url',
  ],
])('%j has no effect, with one warning and what to use instead', (env, name, instead) => {
  expect(warnings(env as Record<string, string>)).toEqual([[name, expect.stringContaining(instead)]]);
  expect(JSON.stringify(warnings(env as Record<string, string>))).not.toContain('secret');
});

test.each<Record<string, string>>([
  { OTEL_TRACES_SAMPLER: 'parentbased_always_on' },
  { OTEL_PROPAGATORS: 'tracecontext,baggage' },
  { OTEL_PROPAGATORS: '' },
  { OTEL_METRICS_EXPORTER: 'prometheus' },
])('%j is the default behaviour, or does not concern traces', (env) => {
  expect(warnings(env)).toEqual([]);
});
