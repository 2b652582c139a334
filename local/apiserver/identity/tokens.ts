import { randomBytes } from 'node:crypto';
import type { UserInfo } from './user.ts';

export interface IssuedToken {
  token: string;
  expiresAt: Date;
}

/** Bearer tokens of ServiceAccounts: random, kept in memory only. */
export interface Tokens {
  issue(account: { namespace: string; name: string; uid: string }, lifetimeMs: number): IssuedToken;
  /** The token's user; undefined if it is unknown or expired, or if its ServiceAccount is gone. */
  userOf(token: string): UserInfo | undefined;
}

export function createTokens(
  now: () => Date,
  accountUid: (namespace: string, name: string) => string | undefined,
): Tokens {
  const issued = new Map<string, { namespace: string; name: string; uid: string; expiresAt: Date }>();
  const dropExpired = (): void => {
    for (const [token, { expiresAt }] of issued) if (expiresAt <= now()) issued.delete(token);
  };
  return {
    issue({ namespace, name, uid }, lifetimeMs) {
      dropExpired();
      const token = randomBytes(32).toString('base64url');
      const expiresAt = new Date(now().getTime() + lifetimeMs);
      issued.set(token, { namespace, name, uid, expiresAt });
      return { token, expiresAt };
    },
    userOf(token) {
      const found = issued.get(token);
      if (found === undefined || found.expiresAt <= now() || accountUid(found.namespace, found.name) !== found.uid)
        return undefined;
      const { namespace, name, uid } = found;
      return {
        username: `system:serviceaccount:${namespace}:${name}`,
        uid,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      };
    },
  };
}
