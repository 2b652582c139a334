import { isAlreadyExists, isConflict, isNotFound } from '../shared/kubernetes/errors.ts';
import type { KubeClient } from '../shared/kubernetes/client.ts';
import { SECRETS, resourcePath } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import { createAuthority } from './authority.ts';
import type { Authority } from './authority.ts';
import { assertKeyPair, expiryTime, renewalTime } from './validity.ts';

const AUTHORITY_LIFETIME_MS = 365 * 24 * 3_600_000;
const MAX_ATTEMPTS = 5;

export interface AuthorityLocation {
  namespace: string;
  secretName: string;
}

export interface SharedAuthority {
  /** The authority that signs new certificates. */
  current: Authority;
  /** The certificates that clients must trust, newest first: of the present authority and of previous ones that have not expired. */
  bundlePem: string;
}

/** The Secret's keys: `tls.crt` and `tls.key` have the present authority, `ca.crt` the bundle. */
interface AuthoritySecret extends KubeObject {
  type: 'kubernetes.io/tls';
  data: { 'tls.crt': string; 'tls.key': string; 'ca.crt': string };
}

const encode = (pem: string): string => Buffer.from(pem).toString('base64');
const decode = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('utf8');
const certificatesIn = (bundlePem: string): string[] =>
  (bundlePem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) => `${pem}\n`);

function readAuthority(secret: AuthoritySecret, { namespace, secretName }: AuthorityLocation): SharedAuthority {
  const current = { certPem: decode(secret.data?.['tls.crt']), keyPem: decode(secret.data?.['tls.key']) };
  try {
    assertKeyPair(current);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Secret ${namespace}/${secretName} has no valid certificate authority (${problem}): delete it, and a new one is created`,
      { cause: error },
    );
  }
  const trusted = certificatesIn(`${current.certPem}\n${decode(secret.data['ca.crt'])}`);
  return { current, bundlePem: [...new Set(trusted)].join('') };
}

function secretOf(
  { namespace, secretName }: AuthorityLocation,
  { current, bundlePem }: SharedAuthority,
  resourceVersion?: string,
): AuthoritySecret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace,
      name: secretName,
      labels: { 'app.kubernetes.io/part-of': 'tektrace', 'app.kubernetes.io/managed-by': 'tektrace-webhook' },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': encode(current.certPem), 'tls.key': encode(current.keyPem), 'ca.crt': encode(bundlePem) },
  };
}

/** A new authority. The bundle keeps previous ones that have not expired, because their server certificates are still in use. */
async function rotate(previous: SharedAuthority | undefined, now: number): Promise<SharedAuthority> {
  const current = await createAuthority({ commonName: 'tektrace-webhook-ca', lifetimeMs: AUTHORITY_LIFETIME_MS }, now);
  const trusted = certificatesIn(previous?.bundlePem ?? '').filter((pem) => expiryTime(pem) > now);
  return { current, bundlePem: [current.certPem, ...trusted].join('') };
}

/**
 * The certificate authority that all replicas share. It is read from its Secret, created if there is none, and rotated after two thirds of its
 * lifetime. A replica whose write conflicts uses what the other replica wrote.
 *
 * Throws ApiError or ConnectionError from the API server, and Error if the Secret has other content.
 */
export async function ensureAuthority(
  client: KubeClient,
  location: AuthorityLocation,
  signal: AbortSignal,
  now: number = Date.now(),
): Promise<SharedAuthority> {
  const path = resourcePath(SECRETS, { namespace: location.namespace, name: location.secretName });
  const write = async (authority: SharedAuthority, resourceVersion?: string): Promise<SharedAuthority> => {
    const body = secretOf(location, authority, resourceVersion);
    if (resourceVersion === undefined)
      await client.request('POST', resourcePath(SECRETS, { namespace: location.namespace }), { body, signal });
    else await client.request('PUT', path, { body, signal });
    return authority;
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const stored = await readSecret(client, path, signal);
      if (stored === undefined) return await write(await rotate(undefined, now));
      const authority = readAuthority(stored, location);
      if (renewalTime(authority.current.certPem) > now) return authority;
      return await write(await rotate(authority, now), stored.metadata.resourceVersion);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !(isAlreadyExists(error) || isConflict(error))) throw error;
    }
  }
}

async function readSecret(client: KubeClient, path: string, signal: AbortSignal): Promise<AuthoritySecret | undefined> {
  try {
    return await client.request<AuthoritySecret>('GET', path, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
