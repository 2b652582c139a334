import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';

import { openCredentials } from '../../../../../shared/tracing/exporters/credentials.ts';
import type { CredentialFiles } from '../../../../../shared/tracing/exporters/credentials.ts';
import { logLines } from '../log-lines.ts';
import { clientCertificate, createPemFiles } from './pem-files.ts';
import type { PemFiles } from './pem-files.ts';

let files: PemFiles;
beforeAll(async () => {
  files = await createPemFiles();
});
afterAll(() => files.remove());

const named = (path: string, source: string) => ({ path, source });

async function refusal(given: CredentialFiles): Promise<string> {
  try {
    await openCredentials(given, {}, logLines().log);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ExporterSettingsError' });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('at the start', () => {
  test('certificates, key and headers are read', async () => {
    const { authority, client } = files;
    const credentials = await openCredentials(
      {
        ca: named(await files.write('ca.pem', `# ours\n${authority.certPem}`), '--otlp-ca-file'),
        cert: named(await files.write('c.pem', client.certPem), '--otlp-client-cert-file'),
        key: named(await files.write('k.pem', client.keyPem), '--otlp-client-key-file'),
        headers: named(await files.write('h', 'Authorization=Bearer%20t\nx-scope=a,b=c\n'), '--otlp-headers-file'),
      },
      { unused: '1' },
      logLines().log,
    );
    expect(await credentials()).toEqual({
      ca: authority.certPem,
      cert: client.certPem,
      key: client.keyPem,
      headers: { authorization: 'Bearer t', 'x-scope': 'a', b: 'c' },
    });
  });

  test('a file that is not there, no file, or no certificate is named', async () => {
    const ca = (path: string) => refusal({ ca: named(path, 'OTEL_EXPORTER_OTLP_CERTIFICATE') });
    const missing = await files.write('x', '');
    expect(await ca(`${missing}-not`)).toBe(`OTEL_EXPORTER_OTLP_CERTIFICATE: ${missing}-not: no such file`);
    expect(await ca(dirname(missing))).toBe(`OTEL_EXPORTER_OTLP_CERTIFICATE: ${dirname(missing)}: is not a file`);
    expect(await ca('/dev/zero')).toBe('OTEL_EXPORTER_OTLP_CERTIFICATE: /dev/zero: is not a file');
    expect(await ca(missing)).toContain('contains no certificate in PEM format');
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const second = await files.write('second', `${files.authority.certPem}${broken}`);
    expect(await ca(second)).toBe(`OTEL_EXPORTER_OTLP_CERTIFICATE: ${second}: certificate 2 can't be read`);
  });

  test('a certificate without its key, a key without its certificate and a key of another one are refused', async () => {
    const cert = named(await files.write('c.pem', files.client.certPem), 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE');
    const other = await clientCertificate(files.authority);
    const key = named(await files.write('other.pem', other.keyPem), '--otlp-client-key-file');
    expect(await refusal({ cert })).toContain('OTEL_EXPORTER_OTLP_CLIENT_KEY) is missing');
    expect(await refusal({ key })).toContain('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE) is missing');
    const message = await refusal({ cert, key });
    expect(message).toContain(`--otlp-client-key-file: ${key.path}: is not the key of the certificate in ${cert.path}`);
    expect(message).not.toContain('PRIVATE KEY');
  });

  test('a key that is none, or has a passphrase, is refused without a word of it', async () => {
    const cert = named(await files.write('c.pem', files.client.certPem), 'C');
    const passphrase = randomBytes(8).toString('hex');
    const encrypted = createPrivateKey(files.client.keyPem).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    for (const text of ['nonsense', files.client.certPem, String(encrypted)]) {
      const message = await refusal({ cert, key: named(await files.write('bad.pem', text), 'K') });
      expect(message).toMatch(/^K: .*bad\.pem: contains no private key in PEM format without a passphrase$/);
    }
  });

  test('a bad entry in the file of headers is named by its number', async () => {
    const headers = named(await files.write('h', 'a=1\nBearer token\n'), '--otlp-headers-file');
    expect(await refusal({ headers })).toBe(`--otlp-headers-file: ${headers.path}: entry 2: expected key=value`);
  });
});

describe('later', () => {
  test('a file that is replaced is read again, one that did not change is not', async () => {
    const path = await files.write('token', 'authorization=one');
    const credentials = await openCredentials({ headers: named(path, 'H') }, {}, logLines().log);
    const first = await credentials();
    expect(await credentials()).toBe(first);
    await rename(await files.write('token.next', 'authorization=two'), path);
    expect(await credentials()).toEqual({ headers: { authorization: 'two' } });
  });

  test('a change that can not be used is warned of once, and what was read before stays', async () => {
    const path = await files.write('token', 'authorization=one');
    const { log, lines } = logLines();
    const credentials = await openCredentials({ headers: named(path, 'H') }, {}, log);
    await rename(await files.write('token.next', 'authorization'), path);
    expect(await credentials()).toEqual({ headers: { authorization: 'one' } });
    await credentials();
    expect(lines).toMatchObject([{ level: 'warn', error: `H: ${path}: entry 1: expected key=value` }]);
    await rename(await files.write('token.next', 'authorization=two'), path);
    expect(await credentials()).toEqual({ headers: { authorization: 'two' } });
  });
});
