import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { writeImageArchive } from '../../clusters/whole/images/archive.ts';
import { addBusybox } from '../../clusters/whole/images/root-folder.ts';

const run = promisify(execFile);
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Blob {
  digest: string;
  bytes: Buffer;
  mediaType: string;
}

const blob = (bytes: Buffer, mediaType: string): Blob => ({
  ...{ bytes, mediaType },
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
});
const described = ({ digest, bytes, mediaType }: Blob): object => ({ mediaType, digest, size: bytes.length });

/** This machine's busybox as an OCI image: its manifest, its configuration, its one layer. */
async function busyboxImage(): Promise<Blob[]> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-registry-'));
  try {
    const root = join(directory, 'root');
    await mkdir(root);
    await addBusybox(root);
    // The node has an image of busybox alone, whose parts it would not pull again.
    await writeFile(join(root, 'pulled'), randomUUID());
    const archive = join(directory, 'image.tar');
    await writeImageArchive('pulled:1', root, { Cmd: ['sh'] }, archive);
    await run('tar', ['-C', directory, '-xf', archive]);
    const config = blob(await readFile(join(directory, 'config.json')), 'application/vnd.oci.image.config.v1+json');
    const layer = blob(await readFile(join(directory, 'layer.tar')), 'application/vnd.oci.image.layer.v1.tar');
    const manifest = {
      ...{ schemaVersion: 2, mediaType: MANIFEST },
      ...{ config: described(config), layers: [described(layer)] },
    };
    return [blob(Buffer.from(JSON.stringify(manifest)), MANIFEST), config, layer];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export interface Registry {
  port: number;
  close(): Promise<void>;
}

/** A registry on this machine's loopback, with one image under every name; each of its blobs takes `slowMs` to come. */
export async function startRegistry(slowMs: number): Promise<Registry> {
  const blobs = await busyboxImage();
  const [manifest] = blobs as [Blob];
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const { url = '', method } = request;
    if (url === '/v2/' || url === '/v2') return void response.writeHead(200).end();
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/?]+)$/.exec(url) ?? [];
    const found =
      kind === 'manifests' && !reference.includes(':') ? manifest : blobs.find(({ digest }) => digest === reference);
    if (!found) return void response.writeHead(404).end();
    if (kind === 'blobs') await delay(slowMs);
    const { bytes, digest, mediaType } = found;
    response.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length, 'docker-content-digest': digest }); // prettier-ignore
    response.end(method === 'HEAD' ? undefined : bytes);
  };
  const server = http.createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
