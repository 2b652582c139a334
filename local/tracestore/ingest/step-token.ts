import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SpanSender } from '../../../shared/otlp/sender.ts';

/** The header of a container's token. Its value needs no escaping in `OTEL_EXPORTER_OTLP_HEADERS`. */
export const STEP_TOKEN_HEADER = 'tektrace-step-token';

/** Tokens that only allow a container to add spans to its run's trace. */
export interface StepTokens {
  issue(sender: SpanSender): string;
  /** The token's sender; undefined if it was not issued here. */
  sender(token: string): SpanSender | undefined;
}

const MAX_TOKEN_LENGTH = 4096;

/**
 * A token is its claims with their HMAC, so nothing is stored for it. It is valid until the process ends.
 * @param key the secret that makes tokens; random by default
 */
export function createStepTokens(key: Buffer = randomBytes(32)): StepTokens {
  const mac = (claims: string): Buffer => createHmac('sha256', key).update(claims).digest();
  return {
    issue: ({ traceId, spanId, namespace, pod, container }) => {
      const claims = Buffer.from(JSON.stringify([traceId, spanId, namespace, pod, container])).toString('base64url');
      return `${claims}.${mac(claims).toString('base64url')}`;
    },
    sender: (token) => {
      const [, claims = '', sent = ''] = /^([\w-]+)\.([\w-]{43})$/.exec(token.slice(0, MAX_TOKEN_LENGTH)) ?? [];
      const sentMac = Buffer.from(sent, 'base64url');
      if (sentMac.length !== 32 || !timingSafeEqual(sentMac, mac(claims))) return undefined;
      const [traceId, spanId, namespace, pod, container] = JSON.parse(Buffer.from(claims, 'base64url').toString()) as [
        string,
        string,
        string,
        string,
        string,
      ];
      return { traceId, spanId, namespace, pod, container };
    },
  };
}
