import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { expect, test } from '@jest/globals';

import { createAuthority, issueCertificate } from '../../../../certs/authority.ts';
import { jaegerQuery } from '../../../../cli/traces/trace-source.ts';

test('user and password in the URL of a Jaeger are sent as a header, and no message has them', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const query = jaegerQuery(`http://jane:secret@127.0.0.1:${port}/jaeger/`, {});
  expect(query.url).toBe(`http://127.0.0.1:${port}/jaeger`);
  await expect(query.trace('1'.repeat(32))).rejects.toThrow(/^http:\/\/127\.0\.0\.1:\d+\/jaeger: answered 401/);
  expect(seen).toEqual([`Basic ${Buffer.from('jane:secret').toString('base64')}`]);
  server.close();
  server.closeAllConnections();
});

test('of a certificate of an unknown authority it says how to name that', async () => {
  const authority = await createAuthority({ commonName: 'a', lifetimeMs: 3_600_000 });
  const request = { commonName: 'jaeger', ipAddresses: ['127.0.0.1'], usage: 'server' as const, lifetimeMs: 3_600_000 };
  const { certPem, keyPem } = await issueCertificate(authority, request);
  const server = createTlsServer({ cert: certPem, key: keyPem });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(jaegerQuery(`https://127.0.0.1:${port}`, {}).trace('1'.repeat(32))).rejects.toThrow(
    /NODE_EXTRA_CA_CERTS=FILE/,
  );
  server.close();
});
