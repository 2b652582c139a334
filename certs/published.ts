import type { KubeObject } from '../shared/kubernetes/types.ts';
import { certificatesIn } from './bundle.ts';

export interface MutatingWebhookConfiguration extends KubeObject {
  webhooks?: { name: string; clientConfig: { caBundle?: string } }[];
}

/** What this replica has seen of the bundle in the webhook configuration. */
export interface PublishedBundle {
  /** To be called with each state of the configuration; undefined: there is none. */
  seen(configuration: MutatingWebhookConfiguration | undefined): void;
  /** The certificates that each webhook of the configuration has, PEM; undefined: there is no configuration. */
  pem(): string | undefined;
  /** For how many milliseconds each webhook has been seen with the certificate without a break; undefined: not now. */
  ageMs(certPem: string): number | undefined;
}

const bundleOf = ({ clientConfig }: { clientConfig: { caBundle?: string } }): string[] =>
  certificatesIn(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString('utf8'));

/** Each replica measures by its own clock, from when it has seen the bundle: so it needs to agree with nobody about the time. */
export function createPublishedBundle(monotonicMs: () => number): PublishedBundle {
  let since: Map<string, number> | undefined;
  return {
    seen(configuration) {
      if (!configuration) {
        since = undefined;
        return;
      }
      const [first = [], ...others] = (configuration.webhooks ?? []).map(bundleOf);
      const common = first.filter((pem) => others.every((bundle) => bundle.includes(pem)));
      since = new Map(common.map((pem) => [pem, since?.get(pem) ?? monotonicMs()]));
    },
    pem: () => since && [...since.keys()].join(''),
    ageMs(certPem) {
      const sinceMs = since?.get(certPem);
      return sinceMs === undefined ? undefined : monotonicMs() - sinceMs;
    },
  };
}
