import { generate } from 'selfsigned';

const HOUR_MS = 3_600_000;

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  certPem: string;
  keyPem: string;
}

/** A certificate authority's own certificate and key. */
export type Authority = KeyPair;

export interface CertificateRequest {
  commonName: string;
  /** Subject organizations, which Kubernetes reads as a client's groups. */
  organizations?: string[];
  dnsNames?: string[];
  ipAddresses?: string[];
  usage: 'server' | 'client';
  lifetimeMs: number;
}

/** Validity starts one hour in the past, because clocks differ and a certificate from the future is refused. */
function validity(lifetimeMs: number, now: number): { notBeforeDate: Date; notAfterDate: Date } {
  return { notBeforeDate: new Date(now - HOUR_MS), notAfterDate: new Date(now + lifetimeMs) };
}

/** PEM with a line break at its end, so that certificates can be concatenated. */
const pem = (text: string): string => `${text.replaceAll('\r\n', '\n').trimEnd()}\n`;

const ecdsa = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

/** Creates a self-signed authority (ECDSA P-256) that is valid for `lifetimeMs` from `now`. */
export async function createAuthority(
  options: { commonName: string; lifetimeMs: number },
  now = Date.now(),
): Promise<Authority> {
  const pair = await generate([{ name: 'commonName', value: options.commonName }], {
    ...ecdsa,
    ...validity(options.lifetimeMs, now),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { certPem: pem(pair.cert), keyPem: pem(pair.private) };
}

/** Issues a leaf certificate (ECDSA P-256) signed by `authority`. */
export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
  now = Date.now(),
): Promise<KeyPair> {
  const altNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 2 as const, value })),
    ...(request.ipAddresses ?? []).map((ip) => ({ type: 7 as const, ip })),
  ];
  const pair = await generate(
    [
      ...(request.organizations ?? []).map((value) => ({ name: 'organizationName', value })),
      { name: 'commonName', value: request.commonName },
    ],
    {
      ...ecdsa,
      ...validity(request.lifetimeMs, now),
      ca: { cert: authority.certPem, key: authority.keyPem },
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: request.usage === 'server', clientAuth: request.usage === 'client' },
        ...(altNames.length > 0 ? [{ name: 'subjectAltName' as const, altNames }] : []),
      ],
    },
  );
  return { certPem: pem(pair.cert), keyPem: pem(pair.private) };
}
