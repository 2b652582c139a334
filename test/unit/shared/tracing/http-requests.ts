/** Run as a process of its own: instrumentation hooks Node's module loader, which jest replaces. Prints the spans of one reconcile. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { KubeConfig } from '@kubernetes/client-node';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { createTracingPipeline } from '../../../../shared/tracing/pipeline.ts';
import { traced } from '../../../../shared/tracing/traced.ts';

/** Puts the first request for TaskRuns off. */
let putOff = 0;
const server = http.createServer((request, response) => {
  const later = request.url?.includes('/taskruns') && putOff++ === 0;
  response.writeHead(later ? 429 : 200, { 'retry-after': '0' }).end('{}');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

async function request(path: string): Promise<void> {
  const sent = http.request({ host: '127.0.0.1', port, path, method: 'PATCH', agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
}

const spans: ReadableSpan[] = [];
const pipeline = createTracingPipeline(
  { target: 'memory', send: async (batch) => void spans.push(...batch), close: async () => undefined },
  'cluster-1',
  silentLogger,
);
const own = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
const run = { kind: 'PipelineRun', metadata: { name: 'build', uid: 'u' }, spec: {} };

await request('/api/v1/namespaces/ci/pods/outside');
const config = new KubeConfig();
const cluster = { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true };
config.loadFromClusterAndUser(cluster, { name: 'me', token: 'secret' });
const client = createKubeClient(config, { rateLimit: { qps: 100, burst: 1 } });
const update = traced('updateStatus', () => request('/apis/tekton.dev/v1/namespaces/ci/pipelineruns/build/status'));
const create = traced('createTaskRun', () => client.request('POST', '/apis/tekton.dev/v1/namespaces/ci/taskruns'));
const reconcile = async (): Promise<void> => {
  await update();
  await create();
};
await pipeline.recordReconcile({ name: 'PipelineRun:ReconcileKind', run }, own, reconcile);
client.close();
await pipeline.queue.shutDown(5000);
server.close();

const nameOf = (id: string | undefined): string | undefined =>
  spans.find((span) => span.spanContext().spanId === id)?.name;
process.stdout.write(
  JSON.stringify(
    spans.map((span) => ({ name: span.name, kind: span.kind, parent: nameOf(span.parentSpanContext?.spanId) ?? null })),
  ),
);
