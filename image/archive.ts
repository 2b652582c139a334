import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';

import type { LayerFolder } from './layers.ts';

const run = promisify(execFile);

/** The same files give the same bytes: sorted, without owners and times. */
const STABLE = [...['--format=gnu', '--sort=name', '--mtime=@0'], ...['--owner=0', '--group=0', '--numeric-owner']];
const EPOCH = '1970-01-01T00:00:00Z';
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const MEDIA = 'application/vnd.oci.image';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface ImageConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  WorkingDir: string;
  Labels?: Record<string, string>;
}

export interface WrittenImage {
  /** Of the manifest, by which a registry knows the image. */
  digest: string;
  /** Bytes of each layer, compressed and not. */
  layers: { title: string; bytes: number; unpackedBytes: number }[];
}

/** Passes on what it gets, and knows its digest at the end. */
function digesting(): { stream: Transform; digest: () => string } {
  const hash = createHash('sha256');
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest('hex')}` };
}

/** The blobs of an OCI image layout, each under its digest. */
class Blobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async json(mediaType: string, content: object): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(content));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await writeFile(join(this.#folder, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** A folder as a layer: its descriptor, and the digest and length of what was compressed. */
  async layer(folder: string): Promise<{ descriptor: Descriptor; diffId: string; unpackedBytes: number }> {
    const tar = join(this.#folder, 'layer.tar');
    await run('tar', [...STABLE, '--directory', folder, '--create', '--file', tar, '.']);
    const [plain, compressed] = [digesting(), digesting()];
    const packed = join(this.#folder, 'layer.tar.gz');
    await pipeline(
      ...[createReadStream(tar), plain.stream, createGzip({ level: 6 }), compressed.stream, createWriteStream(packed)],
    );
    const [{ size: unpackedBytes }, { size }] = await Promise.all([stat(tar), stat(packed)]);
    const digest = compressed.digest();
    await rename(packed, join(this.#folder, digest.slice('sha256:'.length)));
    await rm(tar);
    return {
      descriptor: { mediaType: `${MEDIA}.layer.v1.tar+gzip`, digest, size },
      diffId: plain.digest(),
      unpackedBytes,
    };
  }
}

/**
 * Writes an image to `file`: an OCI image layout, with the manifest that `docker load` reads beside it, in one archive. `name` is a full reference:
 * docker.io/library/tektrace:1.0.0.
 */
export async function writeArchive(
  name: string,
  config: ImageConfig,
  layers: LayerFolder[],
  file: string,
): Promise<WrittenImage> {
  await mkdir(dirname(file), { recursive: true });
  const work = await mkdtemp(join(dirname(file), '.image-'));
  try {
    const folder = join(work, 'blobs/sha256');
    await mkdir(folder, { recursive: true });
    const blobs = new Blobs(folder);
    const written = [];
    for (const { title, folder: from } of layers) written.push({ title, ...(await blobs.layer(from)) });
    const image = await blobs.json(`${MEDIA}.config.v1+json`, {
      created: EPOCH,
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: written.map(({ diffId }) => diffId) },
      history: written.map(({ title }) => ({ created: EPOCH, created_by: title })),
    });
    const descriptors = written.map(({ descriptor }) => descriptor);
    const manifestType = `${MEDIA}.manifest.v1+json`;
    const manifest = await blobs.json(manifestType, {
      schemaVersion: 2,
      mediaType: manifestType,
      config: image,
      layers: descriptors,
    });
    const annotations = {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    };
    const blob = ({ digest }: Descriptor): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;
    const top = {
      'oci-layout': { imageLayoutVersion: '1.0.0' },
      'index.json': {
        schemaVersion: 2,
        mediaType: `${MEDIA}.index.v1+json`,
        manifests: [{ ...manifest, annotations }],
      },
      'manifest.json': [
        {
          Config: blob(image),
          RepoTags: [name.replace(/^docker\.io\/library\//, '')],
          Layers: descriptors.map(blob),
        },
      ],
    };
    for (const [path, content] of Object.entries(top)) await writeFile(join(work, path), JSON.stringify(content));
    const members = ['oci-layout', 'index.json', 'manifest.json', 'blobs'];
    await run('tar', [...STABLE, '--mode=u=rwX,go=rX', '--directory', work, '--create', '--file', file, ...members]);
    return {
      digest: manifest.digest,
      layers: written.map(({ title, descriptor, unpackedBytes }) => ({
        ...{ title, bytes: descriptor.size, unpackedBytes },
      })),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
