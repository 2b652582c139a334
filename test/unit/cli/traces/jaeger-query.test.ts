import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { expect, test } from '@jest/globals';

import { createAuthority, issueCertificate } from '../../../../certs/authority.ts';
import { jaegerQuery } from '../../../../cli/traces/trace-source.ts';

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
