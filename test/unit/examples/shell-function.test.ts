import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { decodeTracesJson } from '../../../shared/otlp/decode-json.ts';
import { locateSpans } from '../../../shared/otlp/spans.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const STEP = '00f067aa0ba902b7';

describe('the shell function of examples/README.md', () => {
  let server: Server;
  let endpoint: string;
  let functionText: string;
  const received: { body: string; headers: IncomingHttpHeaders }[] = [];
  beforeAll(async () => {
    const readme = await readFile('examples/README.md', 'utf8');
    functionText = /```sh\n([^]*?\n}\n)/.exec(readme)?.[1] ?? '';
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        received.push({ body: Buffer.concat(parts).toString(), headers: request.headers });
        response.end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  const run = (line: string, env: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const script = `set -eu\n${functionText}\n${line}\necho after`;
      execFile('sh', ['-c', script], { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  const inStep = (): Record<string, string> => ({
    TRACEPARENT: `00-${TRACE}-${STEP}-01`,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'tektrace-step-token=abc.def',
  });

  test('sends the command as a span below the step, with its exit code', async () => {
    received.length = 0;
    const ended = await run(`traced 'unit tests' true; traced lint sh -c 'exit 3' || echo "code $?"`, inStep());
    expect(ended).toEqual({ code: 0, stdout: 'code 3\nafter\n', stderr: '' });
    const spans = received.flatMap(({ body }) => locateSpans(decodeTracesJson(body)));
    expect(
      spans.map(({ span, serviceName }) => [serviceName, span.name, span.traceId, span.parentSpanId, span.status.code]),
    ).toEqual([
      ['shell', 'unit tests', TRACE, STEP, 0],
      ['shell', 'lint', TRACE, STEP, 2],
    ]);
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'tektrace-step-token': 'abc.def',
    });
  });

  test('without a collector, or with one that is gone, the command runs all the same', async () => {
    expect(await run('traced a echo hello', {})).toEqual({ code: 0, stdout: 'hello\nafter\n', stderr: '' });
    const gone = { ...inStep(), OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    expect(await run('traced a echo hello', gone)).toMatchObject({ code: 0, stdout: 'hello\nafter\n' });
  });
});
