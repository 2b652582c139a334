import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gunzipSync } from 'node:zlib';

import { decodeTracesProtobuf } from '../../shared/otlp/decode-protobuf.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { startCollector } from '../unit/shared/tracing/exporters/collector.ts';
import type { Collector } from '../unit/shared/tracing/exporters/collector.ts';
import { startGrpcCollector } from '../unit/shared/tracing/exporters/grpc-collector.ts';
import { cli } from './support/cli.ts';
import type { CliResult } from './support/cli.ts';

const taskRun = `apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {generateName: settings-}
spec:
  taskSpec: {steps: [{name: say, image: i, script: 'echo hello'}]}
`;

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

const run = (env: Record<string, string>, ...options: string[]): Promise<CliResult> =>
  cli(['run', '-f', '-', ...options], { input: taskRun, env });
const endpoint = (): Record<string, string> => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url('/').href });

/** The resources of what a collector got: each service with its attributes. */
function resourcesOf(traces: TracesData[]): Map<string, Record<string, unknown>> {
  const resources = traces.flatMap(({ resourceSpans }) => resourceSpans ?? []).map(({ resource }) => resource);
  const attributes = resources.map((resource) =>
    Object.fromEntries(resource?.attributes?.map(({ key, value }) => [key, value?.stringValue]) ?? []),
  );
  return new Map(attributes.map((found) => [String(found['service.name']), found]));
}

test('the environment’s collector and resource attributes apply to every span of a run', async () => {
  const { code, stdout, stderr } = await run({
    ...endpoint(),
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=ci,k8s.cluster.name=a',
  });
  expect(code).toBe(0);
  expect(collector.requests.length).toBeGreaterThan(0);
  for (const { path, headers } of collector.requests) {
    expect(path).toBe('/v1/traces');
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', authorization: 'Bearer s3cret' });
  }
  const resources = resourcesOf(collector.requests.map(({ body }) => decodeTracesProtobuf(gunzipSync(body))));
  expect([...resources.keys()].sort()).toEqual(['taskrun-reconciler', 'tekton-pipelines']);
  for (const attributes of resources.values())
    expect(attributes).toMatchObject({ 'deployment.environment.name': 'ci', 'k8s.cluster.name': 'a' });
  expect(`${stdout}${stderr}${JSON.stringify([...resources])}`).not.toContain('s3cret');
});

test('OTLP over gRPC is sent where the environment says so', async () => {
  const grpc = await startGrpcCollector();
  try {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${grpc.address}`, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    expect((await run(env)).code).toBe(0);
    const resources = resourcesOf(grpc.requests.map(({ body }) => decodeTracesProtobuf(body)));
    expect([...resources.keys()].sort()).toEqual(['taskrun-reconciler', 'tekton-pipelines']);
  } finally {
    grpc.close();
  }
});

test.each<Record<string, string>>([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])(
  '%j sends nothing; the trace of the run is drawn all the same',
  async (switchedOff) => {
    const { code, stdout } = await run({ ...endpoint(), ...switchedOff });
    expect(code).toBe(0);
    expect(stdout).toContain('step say');
    expect(collector.requests).toEqual([]);
  },
);

test.each([
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'thrift' }, [], 'is not one of http/protobuf, http/json, grpc'],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, [], 'set otlp or none'],
  [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' }, [], '/nowhere/ca.pem: no such file'],
  [{}, ['--otlp-compression=brotli'], '--otlp-compression: "brotli" is not one of gzip, none'],
  [{}, ['--otlp-headers-file=/nowhere/headers'], '--otlp-headers-file: /nowhere/headers: no such file'],
])('%j %j is refused before anything starts, exit 2', async (env, options, message) => {
  const { code, stdout, stderr } = await run({ ...endpoint(), ...env }, ...options);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a refusal that is final is said in one line, with what to set', async () => {
  collector.answers = [(response) => void response.writeHead(404).end()];
  const { code, stderr } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url('/v1/traces').href });
  expect(code).toBe(0);
  expect(stderr.split('\n').filter((line) => line.includes('answered 404'))).toEqual([
    expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT is a base URL, to which /v1/traces is added'),
  ]);
});
