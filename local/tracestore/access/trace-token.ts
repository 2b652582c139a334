import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Tokens that only allow reading one trace. They are made for links, so they are short: 128 bits, 22 characters. */
export interface TraceTokens {
  issue(traceId: string): string;
  /** Whether `token` was issued here for this trace; compared in constant time. */
  allows(traceId: string, token: string): boolean;
}

const MAC_BYTES = 16;

/**
 * A token is an HMAC of the trace's id, so nothing is stored for it. It is valid until the process ends.
 * @param key the secret that makes tokens; random by default
 */
export function createTraceTokens(key: Buffer = randomBytes(32)): TraceTokens {
  const mac = (traceId: string): Buffer =>
    createHmac('sha256', key).update(traceId.toLowerCase()).digest().subarray(0, MAC_BYTES);
  return {
    issue: (traceId) => mac(traceId).toString('base64url'),
    allows: (traceId, token) => {
      if (!/^[\w-]{22}$/.test(token)) return false;
      const sent = Buffer.from(token, 'base64url');
      return sent.length === MAC_BYTES && timingSafeEqual(sent, mac(traceId));
    },
  };
}
