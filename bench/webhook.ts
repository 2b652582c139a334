import { once } from 'node:events';
import https from 'node:https';
import { Worker } from 'node:worker_threads';

import { createAuthority, issueCertificate } from '../certs/authority.ts';

const ROUNDS = 7;
const REVIEWS = 4_000;
const CONNECTIONS = 4;
const HOUR_MS = 3_600_000;

const carrier = JSON.stringify({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });

/** A review as a kube-apiserver sends it; `copied`: of a run made from another's YAML. */
function review(copied: boolean): string {
  const annotations: Record<string, string> = {
    'example.com/note': 'x',
    ...(copied && {
      'tekton/pipelinerun-span-context': carrier,
      'tekton.dev/pipelinerunSpanContext': carrier,
      'tekton/admission-time': '2026-05-01T10:00:00.000Z/2026-05-01T10:00:00.001Z',
    }),
  };
  const listed = Object.fromEntries(Object.keys(annotations).map((name) => [`f:${name}`, {}]));
  const tasks = Array.from({ length: 10 }, (_, index) => ({
    name: `task-${index}`,
    taskSpec: { steps: [{ name: 'run', image: 'busybox', script: 'echo hello\n'.repeat(20) }] },
  }));
  const entry = { manager: 'kubectl-create', operation: 'Update', apiVersion: 'tekton.dev/v1', fieldsType: 'FieldsV1' };
  const fieldsV1 = { 'f:metadata': { 'f:annotations': listed }, 'f:spec': { 'f:pipelineSpec': { 'f:tasks': {} } } };
  const object = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { generateName: 'build-', namespace: 'ci', annotations, managedFields: [{ ...entry, fieldsV1 }] },
    spec: { pipelineSpec: { tasks } },
  };
  const kind = { group: 'tekton.dev', version: 'v1', kind: 'PipelineRun' };
  const request = { uid: 'review', kind, operation: 'CREATE', namespace: 'ci', userInfo: { username: 'jane' }, object };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
}

interface Server {
  worker: Worker;
  port: number;
}

async function cpuUs({ worker }: Server): Promise<number> {
  worker.postMessage('cpu');
  return ((await once(worker, 'message')) as [number])[0];
}

/** Microseconds of CPU time that a review costs the server, asked over four connections that are kept. */
async function measure(server: Server, body: string): Promise<number> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: CONNECTIONS, rejectUnauthorized: false });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const target = { host: '127.0.0.1', port: server.port, path: '/mutate/pipelinerun', method: 'POST', agent, headers };
  const ask = async (): Promise<void> => {
    const request = https.request(target);
    request.end(body);
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
    response.resume();
    await once(response, 'end');
  };
  const before = await cpuUs(server);
  let left = REVIEWS;
  const connection = async (): Promise<void> => {
    while (left-- > 0) await ask();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const after = await cpuUs(server);
  agent.destroy();
  return (after - before) / REVIEWS;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Prints what a review costs the webhook, beside a bare Node HTTPS server that only reads and answers it. */
async function main(): Promise<void> {
  const authority = await createAuthority({ commonName: 'bench', lifetimeMs: HOUR_MS });
  const certificate = await issueCertificate(authority, {
    commonName: 'webhook',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
    lifetimeMs: HOUR_MS,
  });
  const start = async (kind: 'bare' | 'webhook'): Promise<Server> => {
    const worker = new Worker(new URL('./webhook/servers.ts', import.meta.url), { workerData: { kind, certificate } });
    return { worker, port: ((await once(worker, 'message')) as [number])[0] };
  };
  const [bare, webhook] = [await start('bare'), await start('webhook')];
  for (const [name, body] of [
    ['a new run', review(false)],
    ['a copied run', review(true)],
  ] as const) {
    const rounds: { bare: number; webhook: number }[] = [];
    // The first round warms up. Both take turns, so that what else the machine does meets both.
    for (let round = 0; round <= ROUNDS; round++)
      rounds.push({ bare: await measure(bare, body), webhook: await measure(webhook, body) });
    const counted = rounds.slice(1);
    const [plain, ours] = [median(counted.map((one) => one.bare)), median(counted.map((one) => one.webhook))];
    console.log(
      `${name}: ${ours.toFixed(0)} µs, bare ${plain.toFixed(0)} µs, speed ${(plain / ours).toFixed(2)} of bare`,
    );
  }
  process.exit(0);
}

await main();
