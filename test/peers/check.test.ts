import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';

import { PIPELINE_RUNS } from '../../shared/kubernetes/resources.ts';
import { untilNotServed } from './support/served.ts';
import { startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const main = resolve(import.meta.dirname, '../../cli/main.ts');

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

describe('tektrace check', () => {
  let cluster: WebhookCluster;
  let collector: http.Server;
  let received: Buffer[] = [];
  let status = 200;
  const check = (...args: string[]): Promise<Ended> => {
    const env = { ...process.env, KUBECONFIG: cluster.server.kubeconfigPath };
    const { port } = collector.address() as AddressInfo;
    const url = `--jaeger-collector-url=http://127.0.0.1:${port}/v1/traces`;
    return new Promise((done) =>
      execFile(process.execPath, [main, 'check', url, ...args], { env }, (error, stdout, stderr) =>
        done({ code: Number(error?.code ?? 0), stdout, stderr }),
      ),
    );
  };

  beforeAll(async () => {
    collector = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push(Buffer.concat(chunks));
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done));
    cluster = await startWebhookCluster();
  }, 300_000);
  afterAll(async () => {
    await cluster?.stop();
    collector.close();
  });

  test('names the trace of the span that the collector has accepted, and stores nothing', async () => {
    const { code, stdout } = await check();
    const [, traceId = ''] = /accepted a span, "tektrace check" in trace ([0-9a-f]{32})\n/.exec(stdout) ?? [];
    expect({ code, traceId }).toEqual({ code: 0, traceId: expect.stringMatching(/^.{32}$/) });
    expect(received).toHaveLength(1);
    expect(received[0]?.includes(Buffer.from(traceId, 'hex'))).toBe(true);
    expect(await cluster.kubectl('get', 'pipelineruns', '--all-namespaces', '--output=name')).toBe('');
  });

  test('fails where the collector refuses the span, with its answer', async () => {
    status = 401;
    const { code, stderr } = await check();
    status = 200;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^tektrace: the collector did not accept a span: .*401/),
    });
  });

  test('fails where the webhook is not called, and sends no span', async () => {
    received = [];
    const { code, stderr } = await check('--namespace=kube-system');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('a PipelineRun in kube-system was admitted without a trace context'),
    });
    expect(received).toEqual([]);
  });

  test('fails where there are no PipelineRuns, and says what to do', async () => {
    await cluster.kubectl('delete', 'customresourcedefinition', 'pipelineruns.tekton.dev');
    await untilNotServed(cluster.client, PIPELINE_RUNS);
    const { code, stderr } = await check();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('install Tekton') });
  });
});
