import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAuthority, issueCertificate } from '../../../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../../../certs/authority.ts';

const LIFETIME_MS = 3_600_000;

export interface PemFiles {
  authority: Authority;
  server: KeyPair;
  client: KeyPair;
  /** Writes a file of the directory and returns its path. */
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

export const clientCertificate = (authority: Authority): Promise<KeyPair> =>
  issueCertificate(authority, { commonName: 'tektrace', usage: 'client', lifetimeMs: LIFETIME_MS });

/** An authority with a server's certificate for 127.0.0.1 and a client's, and a directory for files. */
export async function createPemFiles(): Promise<PemFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-test-'));
  const authority = await createAuthority({ commonName: 'test', lifetimeMs: LIFETIME_MS });
  return {
    authority,
    server: await issueCertificate(authority, {
      commonName: '127.0.0.1',
      ipAddresses: ['127.0.0.1'],
      usage: 'server',
      lifetimeMs: LIFETIME_MS,
    }),
    client: await clientCertificate(authority),
    write: async (name, text) => {
      const path = join(directory, name);
      await writeFile(path, text);
      return path;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
