import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

import type { Logger } from '../../runtime/log.ts';
import { parseHeaders } from './headers.ts';
import { ExporterSettingsError } from './settings.ts';

/** A file and the flag or variable that names it. */
export interface NamedFile {
  path: string;
  source: string;
}

/** The files with a collector's credentials. */
export interface CredentialFiles {
  /** Certificate authorities to trust, instead of the system's. */
  ca?: NamedFile | undefined;
  /** The client's certificate, followed by its chain. */
  cert?: NamedFile | undefined;
  /** The certificate's key. */
  key?: NamedFile | undefined;
  headers?: NamedFile | undefined;
}

/** Credentials for requests: PEM texts, and headers with lower-case names. */
export interface CredentialSet {
  ca?: string;
  cert?: string;
  key?: string;
  headers: Record<string, string>;
}

/** The present credentials. The same object while no file has changed. Never throws after the first call. */
export type Credentials = () => Promise<CredentialSet>;

const MAX_FILE_BYTES = 1 << 20;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const named = ({ path, source }: NamedFile): string => `${source}: ${path}`;

function fault(file: NamedFile, error: unknown): ExporterSettingsError {
  const code = (error as NodeJS.ErrnoException).code;
  const reason = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'may not be read (EACCES)' : String(code);
  return new ExporterSettingsError(`${named(file)}: ${reason}`);
}

/** A value that changes with the file: a Secret's volume replaces a link, which changes the inode. */
async function fingerprint(file: NamedFile): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file.path);
    return `${ino}/${size}/${mtimeMs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

async function readText(file: NamedFile): Promise<string> {
  const found = await stat(file.path).catch((error: unknown) => {
    throw fault(file, error);
  });
  if (!found.isFile()) throw new ExporterSettingsError(`${named(file)}: is not a file`);
  if (found.size > MAX_FILE_BYTES) throw new ExporterSettingsError(`${named(file)}: is longer than 1 MiB`);
  return readFile(file.path, 'utf8').catch((error: unknown) => {
    throw fault(file, error);
  });
}

async function readCertificates(file: NamedFile): Promise<{ pem: string; first: X509Certificate }> {
  const blocks = (await readText(file)).match(CERTIFICATE) ?? [];
  const certificates = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new ExporterSettingsError(`${named(file)}: certificate ${index + 1} can't be read`);
    }
  });
  const [first] = certificates;
  if (!first) throw new ExporterSettingsError(`${named(file)}: contains no certificate in PEM format`);
  return { pem: `${blocks.join('\n')}\n`, first };
}

async function readClientPair(cert: NamedFile, key: NamedFile): Promise<{ cert: string; key: string }> {
  const { pem, first } = await readCertificates(cert);
  const keyPem = await readText(key);
  let privateKey;
  try {
    privateKey = createPrivateKey(keyPem);
  } catch {
    throw new ExporterSettingsError(`${named(key)}: contains no private key in PEM format without a passphrase`);
  }
  if (!first.checkPrivateKey(privateKey))
    throw new ExporterSettingsError(
      `${named(key)}: is not the key of the certificate in ${cert.path} (${cert.source})`,
    );
  try {
    createSecureContext({ cert: pem, key: keyPem });
  } catch (error) {
    throw new ExporterSettingsError(`${named(cert)}: can't be used with its key: ${(error as Error).message}`);
  }
  return { cert: pem, key: keyPem };
}

async function readAll(files: CredentialFiles, headers: Record<string, string>): Promise<CredentialSet> {
  const { ca, cert, key } = files;
  const client = cert && key ? await readClientPair(cert, key) : undefined;
  return {
    ...(ca && { ca: (await readCertificates(ca)).pem }),
    ...client,
    headers: files.headers ? parseHeaders(await readText(files.headers), named(files.headers)) : headers,
  };
}

/**
 * Reads the files, and again when one has changed (a renewed Secret): new connections use the new content. If that is invalid, there is one
 * warning, and the old content stays in use.
 * Throws ExporterSettingsError with the file if it is invalid at the start, or if a client certificate has no key.
 * @param headers the headers to send without a headers file
 */
export async function openCredentials(
  files: CredentialFiles,
  headers: Record<string, string>,
  log: Logger,
): Promise<Credentials> {
  const { cert, key } = files;
  const single = cert ?? key;
  if (single && !(cert && key))
    throw new ExporterSettingsError(
      `${single.source}: a client certificate needs both files: ${cert ? 'the key (--otlp-client-key-file or OTEL_EXPORTER_OTLP_CLIENT_KEY)' : 'the certificate (--otlp-client-cert-file or OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)'} is missing`,
    );
  const all = Object.values(files).filter((file): file is NamedFile => file !== undefined);
  const state = async (): Promise<string> => (await Promise.all(all.map(fingerprint))).join(' ');
  let seen = await state();
  let current = await readAll(files, headers);
  if (all.length === 0) return async () => current;
  return async () => {
    const now = await state();
    if (now === seen) return current;
    seen = now;
    try {
      current = await readAll(files, headers);
    } catch (error) {
      log.warn('a changed credential file of the collector can not be used: its old content stays in use', { error });
    }
    return current;
  };
}
