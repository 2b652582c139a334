import { randomBytes } from 'node:crypto';

import { createAuthority } from './authority.ts';
import type { Authority } from './authority.ts';
import type { FoundAuthority, SharedAuthority } from './authority-secret.ts';
import { certificatesIn, validAt } from './bundle.ts';
import { expiryTime, renewalTime } from './validity.ts';

const LIFETIME_MS = 365 * 24 * 3_600_000;

/** What a replica knows besides the Secret. */
export interface ReplicaState {
  /** The authority that this replica has read last. */
  held: SharedAuthority | undefined;
  /** Whether the webhook configuration has had the certificate for so long that every API server trusts it. */
  isTrusted: (certPem: string) => boolean;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** Each has a name of its own: of several authorities with one name, OpenSSL tries only the first. */
const newAuthority = (nowMs: number): Promise<Authority> =>
  createAuthority(
    { commonName: `tektrace-webhook-ca-${randomBytes(4).toString('hex')}`, lifetimeMs: LIFETIME_MS },
    nowMs,
  );

/** A first authority, or one in the place of a lost one, whose certificates may still be served: it stays trusted. */
async function fresh(nowMs: number, lostPem = ''): Promise<SharedAuthority> {
  const current = await newAuthority(nowMs);
  return { current, bundlePem: [current.certPem, ...validAt(certificatesIn(lostPem), nowMs)].join('') };
}

/** Begins a rotation: the next authority is trusted before it signs. What one before the present has signed is served no more. */
async function begun(current: Authority, nowMs: number): Promise<SharedAuthority> {
  const next = await newAuthority(nowMs);
  return { current, next, bundlePem: next.certPem + current.certPem };
}

/**
 * What the Secret should have instead of what was `found`; undefined: nothing else. A rotation has two writes, so that a replica that starts
 * meanwhile signs with an authority that is trusted: the first adds the next authority and its certificate to the bundle; the second, when every
 * API server trusts it, makes it the current one. The Secret is rotated after two thirds of its authority's life, or when somebody deletes it.
 */
export async function dueChange(
  found: FoundAuthority,
  { held, isTrusted, nowMs }: ReplicaState,
): Promise<SharedAuthority | undefined> {
  const isExpired = ({ certPem }: Authority): boolean => expiryTime(certPem) <= nowMs;
  if (found.state !== 'valid') {
    if (found.state === 'damaged' && !found.ours) return undefined;
    const { bundlePem } = found.state === 'damaged' ? found : { bundlePem: '' };
    if (!held || isExpired(held.current)) return fresh(nowMs, bundlePem);
    return found.state === 'damaged' ? held : begun(held.current, nowMs);
  }
  const { current, next, bundlePem } = found.authority;
  if (!found.ours) return undefined;
  if (next && (isTrusted(next.certPem) || isExpired(current))) return { current: next, bundlePem };
  if (isExpired(current)) return fresh(nowMs, bundlePem);
  return next || renewalTime(current.certPem) > nowMs ? undefined : begun(current, nowMs);
}
