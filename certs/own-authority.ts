import type { KubeClient } from '../shared/kubernetes/client.ts';
import { resourcePath, SECRETS } from '../shared/kubernetes/resources.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { readAuthority, secretWith } from './authority-secret.ts';
import type { SecretName, SharedAuthority, StoredSecret } from './authority-secret.ts';
import type { CertificateSource } from './keeper.ts';
import type { Clock } from './clock.ts';
import { createLeaf } from './leaf.ts';
import { dueChange } from './rotation.ts';

export interface OwnAuthorityOptions extends SecretName {
  client: KubeClient;
  /** The host names by which the API server calls the webhook: `<service>.<namespace>.svc`. */
  dnsNames: string[];
  ipAddresses?: string[];
  clock: Clock;
  log: Logger;
}

/**
 * The webhook's certificates from an authority of its own, which all replicas share by a Secret. Whoever comes first creates, repairs and rotates it;
 * a write that conflicts is another replica's, and the watch brings it. A Secret that is not ours is used while it is valid, and never written.
 */
export function ownAuthority({ client, clock, log, ...names }: OwnAuthorityOptions): CertificateSource {
  const { namespace, secretName } = names;
  const leaf = createLeaf(names, clock);
  const secretField = { secret: `${namespace}/${secretName}` };
  let held: SharedAuthority | undefined;
  let reported: string | undefined;

  async function write(
    authority: SharedAuthority,
    stored: StoredSecret | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const body = secretWith(authority, names, stored);
    const name = stored && secretName;
    const path = resourcePath(SECRETS, { namespace, ...(name !== undefined && { name }) });
    await client.request(stored ? 'PUT' : 'POST', path, { body, signal });
  }

  function report(problem: string | undefined, ours: boolean): void {
    if (problem !== undefined && problem !== reported) {
      if (ours)
        log.warn('the Secret of the certificate authority is damaged, and is repaired', { ...secretField, problem });
      else
        log.error(
          'the Secret of the certificate authority is not ours and has none: delete it, or start the webhook with another --secret-name',
          { ...secretField, problem },
        );
    }
    reported = problem;
  }

  return {
    async reconcile(secret, isTrusted, signal) {
      const found = readAuthority(secret);
      report(found.state === 'damaged' ? found.problem : undefined, found.state === 'damaged' && found.ours);
      const change = await dueChange(found, { held, isTrusted, nowMs: clock.now() });
      if (change) {
        await write(change, secret, signal);
        log.info(
          change.next ? 'began a rotation of the certificate authority' : 'wrote the certificate authority',
          secretField,
        );
        return undefined;
      }
      if (found.state === 'valid') held = found.authority;
      if (!held) return undefined;
      const { current, bundlePem } = held;
      // What another replica wrote is trusted soon; a leaf that has expired is trusted by nobody.
      const waits = leaf.current() && !leaf.isSignedBy(current) && !isTrusted(current.certPem);
      return { bundlePem, pair: (waits ? leaf.current() : undefined) ?? (await leaf.by(current)) };
    },
  };
}
