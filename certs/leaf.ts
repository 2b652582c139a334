import { issueCertificate } from './authority.ts';
import type { Authority, KeyPair } from './authority.ts';
import type { Clock } from './clock.ts';
import { assertKeyPair, expiryTime, renewalTime } from './validity.ts';

const LIFETIME_MS = 7 * 24 * 3_600_000;

/** The server certificate of this process, which nobody else has. */
export interface Leaf {
  /** The present one, if there is one that has not expired. */
  current(): KeyPair | undefined;
  /** Whether the present one was signed by `authority`. */
  isSignedBy(authority: Authority): boolean;
  /**
   * One by `authority`, valid for seven days: the present one, or a new one after two thirds of its life. Throws if key and certificate of the
   * authority do not match, or if it has expired.
   */
  by(authority: Authority): Promise<KeyPair>;
}

export function createLeaf(names: { dnsNames: string[]; ipAddresses?: string[] }, clock: Clock): Leaf {
  const { dnsNames, ipAddresses = [] } = names;
  let pair: KeyPair | undefined;
  let signer: string | undefined;
  const isSignedBy = ({ certPem }: Authority): boolean => signer === certPem;
  return {
    current: () => (pair && expiryTime(pair.certPem) > clock.now() ? pair : undefined),
    isSignedBy,
    async by(authority) {
      const now = clock.now();
      if (pair && isSignedBy(authority) && renewalTime(pair.certPem) > now) return pair;
      assertKeyPair(authority);
      const lifetimeMs = Math.min(LIFETIME_MS, expiryTime(authority.certPem) - now);
      if (lifetimeMs <= 0) throw new Error('the certificate authority has expired');
      const commonName = dnsNames[0] ?? 'tektrace';
      pair = await issueCertificate(authority, { commonName, dnsNames, ipAddresses, usage: 'server', lifetimeMs }, now);
      signer = authority.certPem;
      return pair;
    },
  };
}
