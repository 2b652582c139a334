import { expect, test } from '@jest/globals';
import { Counter, Gauge, Histogram } from 'prom-client';

import { createMetricsRegistry, renderMetrics } from '../../../../shared/runtime/metrics.ts';

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

test('OpenMetrics has exemplars, the other format has not', async () => {
  const registry = createMetricsRegistry('1.2.3');
  const errors = new Counter({
    ...{ name: 'errors_total', help: 'Errors', labelNames: ['type'] as const },
    enableExemplars: true,
    registers: [registry],
  });
  errors.inc({ labels: { type: 'x' }, value: 1, exemplarLabels: { trace_id: 'abc' } as Record<string, string> });
  const seconds = new Histogram({
    ...{ name: 'run_seconds', help: 'Runs', buckets: [1, 5] },
    enableExemplars: true,
    registers: [registry],
  });
  seconds.observe({ labels: {}, value: 3, exemplarLabels: { trace_id: 'def' } });
  new Gauge({
    ...{ name: 'now', help: 'Read when it is asked for', registers: [registry] },
    collect() {
      this.set(7);
    },
  });

  const before = await renderMetrics(registry);
  const open = await renderMetrics(registry, OPENMETRICS);
  expect(open.contentType).toContain('application/openmetrics-text');
  expect(open.text).toMatch(/^errors_total\{type="x"\} 1 # \{trace_id="abc"\} 1 [\d.]+$/m);
  expect(open.text).toMatch(/^run_seconds_bucket\{le="5"\} 1 # \{trace_id="def"\} 3 [\d.]+$/m);
  expect(open.text).toMatch(/^now 7$/m);
  expect(open.text.endsWith('# EOF\n')).toBe(true);

  const after = await renderMetrics(registry);
  const own = ({ text }: { text: string }): string[] =>
    text.split('\n').filter((line) => /^(errors|run_|now)/.test(line));
  expect(own(after)).toEqual(own(before));
  expect(own(after)).toContain('errors_total{type="x"} 1');
});
