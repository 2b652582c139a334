import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { Authority } from './authority.ts';
import { certificatesIn } from './bundle.ts';
import { assertAuthority } from './validity.ts';

export interface SecretName {
  namespace: string;
  secretName: string;
}

/** A Secret as the API server stores it: values in base64. */
export interface StoredSecret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

export interface SharedAuthority {
  /** The authority that signs new certificates. */
  current: Authority;
  /** The authority that will sign them, when every API server trusts it. */
  next?: Authority;
  /** The certificates that API servers must trust, newest first. */
  bundlePem: string;
}

/** What the Secret has. It is `ours` if it has our label: any other Secret is never written. */
export type FoundAuthority =
  | { state: 'absent' }
  | { state: 'valid'; ours: boolean; authority: SharedAuthority }
  | { state: 'damaged'; ours: boolean; problem: string; bundlePem: string };

const PART_OF = 'app.kubernetes.io/part-of';
const OURS = 'tektrace';

const encode = (pem: string): string => Buffer.from(pem).toString('base64');
export const valueOf = (secret: StoredSecret, key: string): string =>
  Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');

function pairOf(secret: StoredSecret, name: string): Authority | undefined {
  const pair = { certPem: valueOf(secret, `${name}.crt`), keyPem: valueOf(secret, `${name}.key`) };
  if (pair.certPem === '' && pair.keyPem === '') return undefined;
  assertAuthority(pair);
  const [certPem = ''] = certificatesIn(pair.certPem);
  return { ...pair, certPem };
}

/** An unreadable next authority has signed nothing: a new one is made. */
function nextOf(secret: StoredSecret): Authority | undefined {
  try {
    return pairOf(secret, 'next');
  } catch {
    return undefined;
  }
}

/** Reads the Secret. Ours without certificate and key (a chart may make it so) counts as absent. */
export function readAuthority(secret: StoredSecret | undefined): FoundAuthority {
  if (!secret) return { state: 'absent' };
  const ours = secret.metadata.labels?.[PART_OF] === OURS;
  const trusted = certificatesIn(valueOf(secret, 'ca.crt'));
  try {
    const current = pairOf(secret, 'tls');
    if (!current && ours) return { state: 'absent' };
    if (!current) throw new Error('it has neither tls.crt nor tls.key');
    const next = nextOf(secret);
    const bundle = [...new Set([...(next ? [next.certPem] : []), current.certPem, ...trusted])];
    return { state: 'valid', ours, authority: { current, ...(next && { next }), bundlePem: bundle.join('') } };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { state: 'damaged', ours, problem, bundlePem: trusted.join('') };
  }
}

/** The Secret with `authority`. What else the `stored` one has, it keeps; its type can't be changed. */
export function secretWith(
  { current, next, bundlePem }: SharedAuthority,
  { namespace, secretName }: SecretName,
  stored: StoredSecret | undefined,
): StoredSecret {
  const { 'next.crt': _crt, 'next.key': _key, ...kept } = stored?.data ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: stored?.metadata ?? {
      namespace,
      name: secretName,
      labels: { [PART_OF]: OURS, 'app.kubernetes.io/managed-by': 'tektrace-webhook' },
    },
    type: stored?.type ?? 'kubernetes.io/tls',
    data: {
      ...kept,
      'tls.crt': encode(current.certPem),
      'tls.key': encode(current.keyPem),
      'ca.crt': encode(bundlePem),
      ...(next && { 'next.crt': encode(next.certPem), 'next.key': encode(next.keyPem) }),
    },
  };
}
