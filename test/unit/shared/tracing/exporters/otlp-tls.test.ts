import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ServerCredentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { issueCertificate } from '../../../../../certs/authority.ts';
import { silentLogger } from '../../../../../shared/runtime/log.ts';
import { createSink } from '../../../../../shared/tracing/exporters/factory.ts';
import type { SpanSink } from '../../../../../shared/tracing/exporters/sink.ts';
import { logLines } from '../log-lines.ts';
import { testSpan } from './collector.ts';
import { startGrpcCollector } from './grpc-collector.ts';
import type { GrpcCollector } from './grpc-collector.ts';
import { createPemFiles } from './pem-files.ts';
import type { PemFiles } from './pem-files.ts';

let files: PemFiles;
let server: https.Server;
let grpc: GrpcCollector;
/** Common names of the certificates that clients showed over HTTP, one a request. */
const clients: string[] = [];
beforeAll(async () => {
  files = await createPemFiles();
  const { authority, server: pair } = files;
  const tls = { ca: authority.certPem, cert: pair.certPem, key: pair.keyPem, requestCert: true };
  server = https.createServer({ ...tls, rejectUnauthorized: true }, (request, response) => {
    clients.push(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN));
    request.resume().on('end', () => response.end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const buffers = { private_key: Buffer.from(pair.keyPem), cert_chain: Buffer.from(pair.certPem) };
  grpc = await startGrpcCollector(ServerCredentials.createSsl(Buffer.from(authority.certPem), [buffers], true));
});
afterAll(async () => {
  grpc.close();
  server.closeAllConnections();
  await once(server.close(), 'close');
  await files.remove();
});

const endpoint = (protocol: string): string =>
  protocol === 'grpc' ? `https://${grpc.address}` : `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function open(protocol: string, certificates: Record<string, string>): Promise<SpanSink> {
  const variables = { ENDPOINT: endpoint(protocol), PROTOCOL: protocol, ...certificates };
  const env = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  const sink = await createSink({}, env, silentLogger);
  if (!sink) throw new Error('no collector');
  return sink;
}

const pemVariables = async () => ({
  CERTIFICATE: await files.write('ca.pem', files.authority.certPem),
  CLIENT_CERTIFICATE: await files.write('cert.pem', files.client.certPem),
  CLIENT_KEY: await files.write('key.pem', files.client.keyPem),
});

test.each(['http/protobuf', 'http/json', 'grpc'])('%s goes over TLS with a client certificate', async (protocol) => {
  const sink = await open(protocol, await pemVariables());
  await sink.send([testSpan('a')]);
  await sink.close();
});

test('certificates without TLS are warned of', async () => {
  const { log, lines } = logLines();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_CERTIFICATE: (await pemVariables()).CERTIFICATE,
  };
  await (await createSink({}, env, log))?.close();
  expect(lines).toMatchObject([{ level: 'warn', settings: 'OTEL_EXPORTER_OTLP_CERTIFICATE' }]);
});

test.each(['http/protobuf', 'grpc'])(
  '%s: without the authority it is said which setting names it',
  async (protocol) => {
    const { CLIENT_CERTIFICATE, CLIENT_KEY } = await pemVariables();
    const sink = await open(protocol, { CLIENT_CERTIFICATE, CLIENT_KEY });
    await expect(sink.send([testSpan('a')])).rejects.toMatchObject({
      name: 'ExportError',
      retryable: true,
      message: expect.stringContaining('OTEL_EXPORTER_OTLP_CERTIFICATE'),
    });
    await sink.close();
  },
);

test.each(['http/protobuf', 'grpc'])('%s: without a client certificate nothing is accepted', async (protocol) => {
  const { CERTIFICATE } = await pemVariables();
  const sink = await open(protocol, { CERTIFICATE });
  await expect(sink.send([testSpan('a')])).rejects.toMatchObject({ name: 'ExportError', retryable: true });
  await sink.close();
});

test('a renewed certificate is shown from then on', async () => {
  const variables = await pemVariables();
  const sink = await open('http/protobuf', variables);
  clients.length = 0;
  await sink.send([testSpan('a')]);
  const request = { commonName: 'renewed', usage: 'client', lifetimeMs: 3_600_000 } as const;
  const renewed = await issueCertificate(files.authority, request);
  await rename(await files.write('next', renewed.keyPem), variables.CLIENT_KEY);
  await rename(await files.write('next', renewed.certPem), variables.CLIENT_CERTIFICATE);
  await sink.send([testSpan('a')]);
  expect(clients).toEqual(['tektrace', 'renewed']);
  await sink.close();
});

test('a renewed certificate is used by gRPC, too', async () => {
  const variables = await pemVariables();
  const sink = await open('grpc', variables);
  await sink.send([testSpan('a')]);
  const wrong = await files.write('next', files.server.certPem);
  await rename(wrong, variables.CERTIFICATE);
  await expect(sink.send([testSpan('a')])).rejects.toMatchObject({ retryable: true });
  await rename(await files.write('next', files.authority.certPem), variables.CERTIFICATE);
  await sink.send([testSpan('a')]);
  await sink.close();
});
