import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function isReadable(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/** The certificates of some PEM texts, in their order, each once and in one form. What is no certificate is left out. */
export function certificatesIn(...texts: string[]): string[] {
  const found = texts.flatMap((text) => text.replaceAll('\r\n', '\n').match(CERTIFICATE) ?? []);
  return [...new Set(found.map((pem) => `${pem}\n`))].filter(isReadable);
}

/** Those that have not expired at `nowMs`. */
export function validAt(certificates: string[], nowMs: number): string[] {
  return certificates.filter((pem) => new X509Certificate(pem).validToDate.getTime() > nowMs);
}
