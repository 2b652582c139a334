import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../certs/authority.ts';
import { FIRST_SERVICE_ADDRESS } from './network.ts';

const LIFETIME_MS = 30 * 24 * 3_600_000;

/** The programs that talk to the API server; each has a kubeconfig of this name in the PKI folder. */
export type Identity = 'admin' | 'controller-manager' | 'scheduler' | 'kube-proxy' | 'kubelet';

/** Whom the API server takes them for, which decides their rights. */
function subjects(nodeName: string): Record<Identity, { commonName: string; organizations?: string[] }> {
  return {
    admin: { commonName: 'admin', organizations: ['system:masters'] },
    'controller-manager': { commonName: 'system:kube-controller-manager' },
    scheduler: { commonName: 'system:kube-scheduler' },
    'kube-proxy': { commonName: 'system:kube-proxy' },
    kubelet: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] },
  };
}

/** JSON is YAML. */
function kubeconfig(server: string, name: string, authority: Authority, pair: KeyPair): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'whole', cluster: { server, 'certificate-authority-data': base64(authority.certPem) } }],
    users: [
      { name, user: { 'client-certificate-data': base64(pair.certPem), 'client-key-data': base64(pair.keyPem) } },
    ],
    contexts: [{ name: 'whole', context: { cluster: 'whole', user: name } }],
    'current-context': 'whole',
  });
}

export interface CredentialsOptions {
  /** Where the files go; made here. */
  pki: string;
  nodeName: string;
  nodeAddress: string;
  /** The API server's URL. */
  server: string;
}

/** Makes one authority and everything that the cluster's programs prove themselves with; kubeconfigs are `<identity>.kubeconfig`. */
export async function writeCredentials({ pki, nodeName, nodeAddress, server }: CredentialsOptions): Promise<void> {
  await mkdir(pki, { mode: 0o700 });
  const write = (name: string, text: string): Promise<void> => writeFile(join(pki, name), text, { mode: 0o600 });
  const writePair = async (name: string, pair: KeyPair): Promise<void> => {
    await write(`${name}.crt`, pair.certPem);
    await write(`${name}.key`, pair.keyPem);
  };
  const lifetimeMs = LIFETIME_MS;
  const authority = await createAuthority({ commonName: 'whole', lifetimeMs });
  await write('ca.crt', authority.certPem);

  const apiserver = await issueCertificate(authority, {
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', nodeAddress, FIRST_SERVICE_ADDRESS],
    usage: 'server',
    lifetimeMs,
  });
  await writePair('apiserver', apiserver);
  const kubeletServer = await issueCertificate(authority, {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
    dnsNames: [nodeName],
    ipAddresses: [nodeAddress],
    usage: 'server',
    lifetimeMs,
  });
  await writePair('kubelet-server', kubeletServer);
  for (const [identity, subject] of Object.entries(subjects(nodeName))) {
    const pair = await issueCertificate(authority, { ...subject, usage: 'client', lifetimeMs });
    if (identity === 'admin') await writePair('admin', pair);
    await write(`${identity}.kubeconfig`, kubeconfig(server, identity, authority, pair));
  }

  const tokens = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await write('sa.key', tokens.privateKey);
  await write('sa.pub', tokens.publicKey);
}
