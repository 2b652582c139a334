import type { Logger } from '../shared/runtime/log.ts';
import type { KeyPair } from './authority.ts';
import { valueOf } from './authority-secret.ts';
import type { SecretName, StoredSecret } from './authority-secret.ts';
import { certificatesIn } from './bundle.ts';
import type { Clock } from './clock.ts';
import type { CertificateSource } from './keeper.ts';
import { assertKeyPair, expiryTime } from './validity.ts';

function pairOf(secret: StoredSecret | undefined): KeyPair {
  if (!secret) throw new Error('there is no such Secret');
  const pair = { certPem: valueOf(secret, 'tls.crt'), keyPem: valueOf(secret, 'tls.key') };
  if (pair.certPem === '' || pair.keyPem === '') throw new Error('it has no tls.crt or no tls.key');
  assertKeyPair(pair);
  return pair;
}

/**
 * The webhook's certificate from a Secret that somebody else keeps (cert-manager, an administrator): tls.crt and tls.key are served, ca.crt is published;
 * without ca.crt nothing is. After a change of ca.crt the served certificate stays until every API server trusts the new one. What can't be
 * served is reported, and the present certificate stays.
 */
export function givenCertificate({
  namespace,
  secretName,
  clock,
  log,
}: SecretName & { clock: Clock; log: Logger }): CertificateSource {
  let served: KeyPair | undefined;
  let reported: string | undefined;

  const isPresent = (pair: KeyPair | undefined): pair is KeyPair =>
    pair !== undefined && expiryTime(pair.certPem) > clock.now();

  function read(secret: StoredSecret | undefined): KeyPair | undefined {
    let problem: string | undefined;
    try {
      const pair = pairOf(secret);
      if (isPresent(pair)) return pair;
      problem = 'its certificate has expired';
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    } finally {
      if (problem !== reported && problem !== undefined)
        log.error('the Secret has no certificate to serve', { secret: `${namespace}/${secretName}`, problem });
      reported = problem;
    }
    return undefined;
  }

  return {
    async reconcile(secret, isTrusted) {
      const pair = read(secret);
      if (!pair || !secret) return undefined;
      const authorities = certificatesIn(valueOf(secret, 'ca.crt'));
      if (authorities.length === 0) return { bundlePem: undefined, pair: (served = pair) };
      if (!isPresent(served) || authorities.every(isTrusted)) served = pair;
      return { bundlePem: authorities.join(''), pair: served };
    },
  };
}
