import { stringify } from 'yaml';
import { issueCertificate } from '../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../certs/authority.ts';

export interface Identity {
  user: string;
  groups: string[];
}

const LIFETIME_MS = 7 * 24 * 3_600_000;
const NAME = 'tektrace';

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A new client certificate (PEM) for a week. */
export async function issueClientCertificate(authority: Authority, { user, groups }: Identity): Promise<KeyPair> {
  return issueCertificate(authority, {
    commonName: user,
    organizations: groups,
    usage: 'client',
    lifetimeMs: LIFETIME_MS,
  });
}

/** A kubeconfig (YAML) with embedded data and a new client certificate. */
export async function createKubeconfig(
  server: { url: string; caPem: string; clientAuthority: Authority },
  identity: Identity,
): Promise<string> {
  const pair = await issueClientCertificate(server.clientAuthority, identity);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster: { server: server.url, 'certificate-authority-data': base64(server.caPem) } }],
    users: [
      {
        name: identity.user,
        user: { 'client-certificate-data': base64(pair.certPem), 'client-key-data': base64(pair.keyPem) },
      },
    ],
    contexts: [{ name: NAME, context: { cluster: NAME, user: identity.user, namespace: 'default' } }],
    'current-context': NAME,
  });
}
