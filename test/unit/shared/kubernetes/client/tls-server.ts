import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { createAuthority, issueCertificate } from '../../../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../../../certs/authority.ts';

const LIFETIME_MS = 3_600_000;

/** Who the server took a request for, as an API server would. */
export interface Seen {
  authorization: string | undefined;
  /** Common name of the client certificate. */
  certificate: string | undefined;
  headers: IncomingMessage['headers'];
}

export interface TlsServer {
  url: string;
  port: number;
  authority: Authority;
  caData: string;
  seen: Seen[];
  /** How many connections were made, and which are open. */
  accepted: number;
  open: Set<Socket>;
  /** 401 is answered while this says no. */
  allows: (seen: Seen) => boolean;
  /** A directory of its own for the test's files. */
  directory: string;
  clientCertificate(commonName: string): Promise<KeyPair>;
  close(): Promise<void>;
}

/** An HTTPS server that asks for a client certificate and tells who came. */
export async function startTlsServer(): Promise<TlsServer> {
  const authority = await createAuthority({ commonName: 'tests', lifetimeMs: LIFETIME_MS });
  const own = await issueCertificate(authority, {
    ...{ commonName: 'server', usage: 'server', lifetimeMs: LIFETIME_MS },
    ...{ ipAddresses: ['127.0.0.1'], dnsNames: ['kubernetes.default.svc'] },
  });
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-client-'));
  const options = { key: own.keyPem, cert: own.certPem, ca: authority.certPem, requestCert: true };
  const server = createServer({ ...options, rejectUnauthorized: false }, (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerCertificate();
    const { headers } = request;
    const one: Seen = { authorization: headers.authorization, certificate: peer.subject?.CN as string, headers };
    state.seen.push(one);
    const allowed = state.allows(one);
    response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(allowed ? { ok: true } : { kind: 'Status', reason: 'Unauthorized' }));
  });
  const state: TlsServer = {
    ...{ url: '', port: 0, authority, directory, seen: [], accepted: 0, open: new Set() },
    caData: Buffer.from(authority.certPem).toString('base64'),
    allows: () => true,
    clientCertificate: (commonName) =>
      issueCertificate(authority, { commonName, usage: 'client', lifetimeMs: LIFETIME_MS }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(directory, { recursive: true });
    },
  };
  server.on('connection', (socket: Socket) => {
    state.accepted += 1;
    state.open.add(socket);
    socket.once('close', () => state.open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.port = (server.address() as AddressInfo).port;
  state.url = `https://127.0.0.1:${state.port}`;
  return state;
}

/** An exec plugin in sh: what it runs as `script` prints the ExecCredential. */
export async function writePlugin(directory: string, script: string): Promise<string> {
  const file = join(directory, 'plugin.sh');
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  return file;
}
