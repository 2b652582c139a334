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
  /** Where the authority's Secret is. */
  namespace: string;
  secretName: string;
  /** The MutatingWebhookConfiguration that is to trust the authority. */
  configurationName: string;
  /** The names the API server calls the webhook by: `<service>.<namespace>.svc`. */
  dnsNames: string[];
  clock?: Clock;
  log: Logger;
}

/**
 * The webhook's certificate from a cluster-wide view: an authority in a Secret, its bundle in the webhook configuration, a leaf in memory.
 * Resolves when there is a certificate to serve with; an API server that cannot be reached is asked again until `signal` is aborted, which
 * rejects. `start` keeps all three current.
 */
export async function createWebhookCertificate(
  options: WebhookCertificateOptions,
  signal: AbortSignal,
): Promise<ServingCertificate> {
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
        const authority = await ensure();
        // API servers learn of a new bundle by their watch: a new authority signs one round after it was published.
        if (!(await publish(authority))) await serving.use(authority.current);
      } catch (error) {
        if (!stop.aborted) log.error('checking the CA bundle failed; trying again', { configurationName, error });
      }
      await clock.sleep(CHECK_INTERVAL_MS, stop).catch(() => undefined);
    }
  }

  const authority = await firstAuthority();
  const serving = await createServingCertificate({ authority: authority.current, dnsNames, clock, log });
  await publish(authority).catch((error: unknown) =>
    log.error('the CA bundle is not published yet', { configurationName, error }),
  );
  return {
    ...serving,
    start: async (stop) => {
      await Promise.all([serving.start(stop), keepCurrent(serving, stop)]);
    },
  };
}
