import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { issueCertificate } from '../../../certs/authority.ts';
import type { Authority } from '../../../certs/authority.ts';

export interface Hook {
  port: number;
  /** Where it was called. */
  paths: string[];
  close(): Promise<void>;
}

/** A webhook on a free loopback port that allows everything. */
export async function startHook(authority: Authority): Promise<Hook> {
  const certificate = await issueCertificate(authority, {
    commonName: 'webhook',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
    lifetimeMs: 3_600_000,
  });
  const paths: string[] = [];
  const server = https.createServer({ cert: certificate.certPem, key: certificate.keyPem }, (request, response) => {
    paths.push(request.url ?? '');
    void json(request).then((review) => {
      const { uid } = (review as { request: { uid: string } }).request;
      const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    paths,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
