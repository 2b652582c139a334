import { expect, test } from '@jest/globals';

import { stepEnvironment } from '../../../../cli/local/step-environment.ts';
import type { SpanSender } from '../../../../shared/otlp/sender.ts';
import type { Pod } from '../../../../local/node/types.ts';

const issued: SpanSender[] = [];
const environment = stepEnvironment({
  url: 'http://127.0.0.1:1234',
  stepToken: (sender) => `token-${issued.push(sender)}`,
});
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = (digit: string): string => `00-${TRACE}-${digit.repeat(16)}-01`;
const pod = (annotations: Record<string, string>): Pod => ({
  metadata: { namespace: 'ci', name: 'build-pod', annotations },
  spec: { containers: [] },
});
const traced = pod({ 'tekton/span-context': traceparent('1'), 'tekton/step-test-span-context': traceparent('2') });

test('a step gets where to send, and a token for its own span', () => {
  expect(environment(traced, 'step-test', { PATH: '/bin' })).toEqual({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1234',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_HEADERS: expect.stringMatching(/^tektrace-step-token=token-\d+$/),
  });
  const own = { traceId: TRACE, spanId: '2'.repeat(16), namespace: 'ci', pod: 'build-pod', container: 'step-test' };
  expect(issued.at(-1)).toEqual(own);
});

test("another container gets a token for the task's span", () => {
  environment(traced, 'sidecar-db', {});
  expect(issued.at(-1)).toMatchObject({ spanId: '1'.repeat(16), container: 'sidecar-db' });
});

test.each([
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
])('a container that sets %s itself gets none of the three', (name) => {
  expect(environment(traced, 'step-test', { [name]: '' })).toEqual({});
});

test.each(['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'])(
  '%s says nothing of where to send',
  (name) => {
    expect(Object.keys(environment(traced, 'step-test', { [name]: 'x' }))).toHaveLength(3);
  },
);

test.each([pod({}), pod({ 'tekton/span-context': 'nonsense' })])('a Pod without a trace gets nothing', (other) => {
  expect(environment(other, 'step-test', {})).toEqual({});
});
