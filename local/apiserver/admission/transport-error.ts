import { types } from 'node:util';

/** Node's TLS and TCP errors in the words of Go's net and crypto packages, which a kube-apiserver's messages contain. */

interface NodeError extends Error {
  code?: string;
  address?: string;
  port?: number;
  hostname?: string;
  cert?: { subjectaltname?: string };
  host?: string;
}

const VERIFY = 'tls: failed to verify certificate: x509: ';

const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

const notTls = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'EPROTO',
]);

function wrongName({ cert, host = '' }: NodeError): string {
  const names = (cert?.subjectaltname ?? '')
    .split(', ')
    .filter(Boolean)
    .map((one) => one.replace(/^(DNS|IP Address):/, ''));
  const address = /^[\d.]+$|:/.test(host);
  if (names.length > 0) return `certificate is valid for ${names.join(', ')}, not ${host}`;
  return address
    ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : 'certificate relies on legacy Common Name field, use SANs instead';
}

export function transportProblem(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { code = '', address = '', port = 0, hostname = '' } = error as NodeError;
  if (unknownAuthority.has(code)) return `${VERIFY}certificate signed by unknown authority`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `${VERIFY}certificate has expired or is not yet valid`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return VERIFY + wrongName(error);
  if (notTls.has(code)) return 'http: server gave HTTP response to HTTPS client';
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ECONNRESET') return error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  return error.message;
}
