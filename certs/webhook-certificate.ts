import type { KubeClient } from '../shared/kubernetes/client.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { publishCaBundle } from './publisher.ts';
import { createServingCertificate } from './serving.ts';
import type { ServingCertificate } from './serving.ts';
import { ensureAuthority } from './store.ts';
import type { SharedAuthority } from './store.ts';

const CHECK_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 2_000;

export interface WebhookCertificateOptions {
  client: KubeClient;
  /** Namespace of the authority's Secret. */
  namespace: string;
  secretName: string;
  /** The MutatingWebhookConfiguration that gets the CA bundle. */
  configurationName: string;
  /** The host names by which the API server calls the webhook: `<service>.<namespace>.svc`. */
  dnsNames: string[];
  clock?: Clock;
  log: Logger;
}

export interface WebhookCertificate extends ServingCertificate {
  /** The authorities that the API server is to trust, PEM. */
  trusted(): string;
}

/**
 * The webhook's certificates: an authority in a Secret, its bundle in the webhook configuration, a server certificate in memory. Resolves when
 * there is a server certificate. Errors of the API server are retried until `signal` aborts; then it rejects. `start` keeps all three current.
 */
export async function createWebhookCertificate(
  options: WebhookCertificateOptions,
  signal: AbortSignal,
): Promise<WebhookCertificate> {
  const { client, namespace, secretName, configurationName, dnsNames, clock = systemClock, log } = options;
  const ensure = (): Promise<SharedAuthority> =>
    ensureAuthority(client, { namespace, secretName }, signal, clock.now());
  const publish = async ({ bundlePem }: SharedAuthority): Promise<boolean> => {
    const changed = await publishCaBundle(client, { configurationName, bundlePem }, signal);
    if (changed) log.info('published the CA bundle', { configurationName });
    return changed;
  };

  async function firstAuthority(): Promise<SharedAuthority> {
    for (;;) {
      try {
        return await ensure();
      } catch (error) {
        signal.throwIfAborted();
        log.error('reading or creating the certificate authority failed; trying again', {
          secret: `${namespace}/${secretName}`,
          error,
        });
        await clock.sleep(RETRY_INTERVAL_MS, signal);
      }
    }
  }

  async function keepCurrent(serving: ServingCertificate, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        authority = await ensure();
        // API servers get a new bundle by their watch, so a new authority signs one round after its publication.
        if (!(await publish(authority))) await serving.use(authority.current);
      } catch (error) {
        if (!stop.aborted) log.error('checking the CA bundle failed; trying again', { configurationName, error });
      }
      await clock.sleep(CHECK_INTERVAL_MS, stop).catch(() => undefined);
    }
  }

  let authority = await firstAuthority();
  const serving = await createServingCertificate({ authority: authority.current, dnsNames, clock, log });
  await publish(authority).catch((error: unknown) =>
    log.error('the CA bundle is not published yet', { configurationName, error }),
  );
  return {
    ...serving,
    trusted: () => authority.bundlePem,
    start: async (stop) => {
      await Promise.all([serving.start(stop), keepCurrent(serving, stop)]);
    },
  };
}
