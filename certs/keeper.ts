import type { KubeClient } from '../shared/kubernetes/client.ts';
import { isAlreadyExists, isConflict } from '../shared/kubernetes/errors.ts';
import { Reflector } from '../shared/kubernetes/reflector.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, SECRETS } from '../shared/kubernetes/resources.ts';
import type { Resource } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { Logger } from '../shared/runtime/log.ts';
import type { KeyPair } from './authority.ts';
import type { SecretName, StoredSecret } from './authority-secret.ts';
import { certificatesIn, validAt } from './bundle.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { createPublishedBundle } from './published.ts';
import type { MutatingWebhookConfiguration } from './published.ts';
import { publishCaBundle } from './publisher.ts';
import { expiryTime } from './validity.ts';

/** API servers learn of a new bundle by their watch, most within a second; a loaded one takes longer. */
export const PROPAGATION_MS = 30_000;
/** How often the wall clock is read: a certificate is renewed this long after its time, or after a suspended machine goes on. */
const CHECK_INTERVAL_MS = 10_000;
const MIN_INTERVAL_MS = 1_000;
const RETRY_INTERVAL_MS = 2_000;
/** Of certificates that are published and not in the bundle any more, this many stay: the newest. */
const MAX_OTHERS = 2;

/** Where certificates come from. */
export interface CertificateSource {
  /**
   * Compares the Secret (undefined: there is none) with what is due, and writes it where that is its job. Resolves to the bundle that is to be
   * published (undefined: none) and the certificate to serve; to undefined if both stay as they are. `isTrusted` says whether a certificate has been
   * published for so long that every API server trusts it. Called after each change, and every
   * ten seconds.
   */
  reconcile(
    secret: StoredSecret | undefined,
    isTrusted: (certPem: string) => boolean,
    signal: AbortSignal,
  ): Promise<{ bundlePem: string | undefined; pair: KeyPair } | undefined>;
}

export interface WebhookCertificateOptions extends SecretName {
  client: KubeClient;
  /** The MutatingWebhookConfiguration that gets the CA bundle. */
  configurationName: string;
  /** How long a bundle is published before a certificate that needs it is served, in milliseconds (default 30 s). */
  propagationMs?: number;
  clock?: Clock;
  log: Logger;
}

export interface WebhookCertificate {
  /** The present certificate. */
  current(): KeyPair;
  /** Calls `listener` with each new certificate, for `server.setSecureContext`. It affects new connections only. */
  onChange(listener: (pair: KeyPair) => void): void;
  /** The authorities that the API server trusts, PEM; undefined: those of the system. */
  trusted(): string | undefined;
  /** Resolves when the signal has aborted and nothing is written any more. */
  ended: Promise<void>;
}

/** Watches one object by its name. `changed` is called after each change, the deletion included. */
function watchOne<T extends KubeObject>(
  options: {
    client: KubeClient;
    resource: Resource;
    namespace?: string;
    name: string;
    optional?: boolean;
    log: Logger;
  },
  changed: (object: T | undefined) => void,
  signal: AbortSignal,
): { synced: Promise<void>; ended: Promise<void> } {
  const { name, ...source } = options;
  const reflector = new Reflector<T>({ ...source, fieldSelector: `metadata.name=${name}` });
  reflector.addHandler({
    added: changed,
    updated: changed,
    deleted: () => changed(undefined),
  });
  return { synced: reflector.synced, ended: reflector.run(signal) };
}

/**
 * Keeps the webhook's certificate current until `signal` aborts: watches its Secret and the webhook configuration, publishes the bundle, and serves what
 * API servers trust. Resolves when there is a certificate; rejects with the signal's reason if it aborts before. Errors of the API server are
 * logged and tried again.
 */
export async function keepCertificate(
  source: CertificateSource,
  options: WebhookCertificateOptions,
  signal: AbortSignal,
): Promise<WebhookCertificate> {
  const { client, namespace, secretName, configurationName, propagationMs = PROPAGATION_MS } = options;
  const { clock = systemClock, log } = options;
  const listeners: ((pair: KeyPair) => void)[] = [];
  const published = createPublishedBundle(() => clock.monotonicMs());
  const isTrusted = (certPem: string): boolean => (published.ageMs(certPem) ?? -1) >= propagationMs;
  const first = Promise.withResolvers<void>();
  let secret: StoredSecret | undefined;
  let configuration: MutatingWebhookConfiguration | undefined;
  let bundlePem: string | undefined;
  let pair: KeyPair | undefined;
  let unpublished: string | undefined;
  let change = new AbortController();

  async function publish(): Promise<void> {
    const wanted = certificatesIn(bundlePem ?? '');
    if (!configuration || wanted.every((pem) => published.ageMs(pem) !== undefined)) return;
    // Others' certificates stay: a replica whose watch of the Secret is behind must not take away what another has published.
    const others = validAt(certificatesIn(published.pem() ?? ''), clock.now()).filter((pem) => !wanted.includes(pem));
    const all = [...wanted, ...others.slice(0, MAX_OTHERS)].join('');
    const changed = await publishCaBundle(client, configuration, all, signal);
    if (changed) log.info('published the CA bundle', { configurationName });
  }

  /** Logs each reason once. */
  function reportUnpublished(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === unpublished || signal.aborted) return;
    unpublished = reason;
    log.error('the CA bundle could not be published; trying again', { configurationName, error });
  }

  function serve(next: KeyPair): void {
    if (next.certPem === pair?.certPem) return;
    pair = next;
    for (const listener of listeners) listener(next);
    log.info('serving with a new certificate', { until: new Date(expiryTime(next.certPem)).toISOString() });
    first.resolve();
  }

  async function reconcile(): Promise<void> {
    const wanted = await source.reconcile(secret, isTrusted, signal);
    if (!wanted) return;
    bundlePem = wanted.bundlePem;
    // Without rights to publish it may still serve: somebody else may publish.
    await publish().then(
      () => (unpublished = undefined),
      (error: unknown) => reportUnpublished(error),
    );
    serve(wanted.pair);
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      change = new AbortController();
      let waitMs = Math.min(CHECK_INTERVAL_MS, Math.max(propagationMs, MIN_INTERVAL_MS));
      try {
        await reconcile();
      } catch (error) {
        waitMs = RETRY_INTERVAL_MS;
        const isOthers = isAlreadyExists(error) || isConflict(error);
        if (!isOthers && !signal.aborted)
          log.error('keeping the webhook’s certificate current failed; trying again', {
            secret: `${namespace}/${secretName}`,
            error,
          });
      }
      await clock.sleep(waitMs, AbortSignal.any([signal, change.signal])).catch(() => undefined);
    }
  }

  const watched = [
    watchOne<StoredSecret>(
      { client, resource: SECRETS, namespace, name: secretName, log },
      (object) => {
        secret = object;
        change.abort();
      },
      signal,
    ),
    watchOne<MutatingWebhookConfiguration>(
      { client, resource: MUTATING_WEBHOOK_CONFIGURATIONS, name: configurationName, optional: true, log },
      (object) => {
        configuration = object;
        published.seen(object);
        change.abort();
      },
      signal,
    ),
  ];
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason as Error), { once: true });
  aborted.promise.catch(() => undefined);
  await Promise.race([Promise.all(watched.map(({ synced }) => synced)), aborted.promise]);
  if (!configuration)
    log.warn('there is no such MutatingWebhookConfiguration yet: nobody calls this webhook', { configurationName });
  const ended = Promise.all([loop(), ...watched.map((one) => one.ended)]).then(() => undefined);
  await Promise.race([first.promise, aborted.promise]);
  return {
    current: () => pair!,
    onChange: (listener) => void listeners.push(listener),
    trusted: () => (configuration ? published.pem() : bundlePem) || undefined,
    ended,
  };
}
