import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { writeArchive } from '../../../image/archive.ts';
import { CONFIG } from '../../../image/config.ts';

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const NAME = 'docker.io/library/tektrace:1.2.3';

interface Descriptor {
  digest: string;
  size: number;
}

describe('writeArchive', () => {
  let directory: string;
  const member = (path: string): Buffer => execFileSync('tar', ['-xOf', join(directory, 'a.tar'), path]);
  const json = <T>(path: string): T => JSON.parse(member(path).toString()) as T;
  const blob = ({ digest, size }: Descriptor): Buffer => {
    const bytes = member(`blobs/sha256/${digest.slice('sha256:'.length)}`);
    expect({ digest: sha256(bytes), size: bytes.length }).toEqual({ digest, size });
    return bytes;
  };
  /** The same files, made in another order at another time. */
  const folder = async (name: string, order: string[], seconds: number): Promise<string> => {
    const root = join(directory, name);
    await mkdir(root);
    for (const file of order) {
      await writeFile(join(root, file), `content of ${file}`);
      await utimes(join(root, file), seconds, seconds);
    }
    return root;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-archive-'));
    const first = await folder('first', ['a', 'b'], 1_000_000);
    const second = await folder('second', ['b', 'a'], 2_000_000);
    await writeArchive(NAME, CONFIG, [{ title: 'files', folder: first }], join(directory, 'a.tar'));
    await writeArchive(NAME, CONFIG, [{ title: 'files', folder: second }], join(directory, 'b.tar'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('the same files give the same bytes', async () => {
    expect(await readFile(join(directory, 'a.tar'))).toEqual(await readFile(join(directory, 'b.tar')));
  });

  test('is an OCI image layout whose blobs have the digests that name them', () => {
    expect(json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
    const { manifests } = json<{ manifests: (Descriptor & { annotations: object })[] }>('index.json');
    expect(manifests[0]?.annotations).toEqual({
      'io.containerd.image.name': NAME,
      'org.opencontainers.image.ref.name': '1.2.3',
    });
    const manifest = JSON.parse(blob(manifests[0] as Descriptor).toString()) as {
      config: Descriptor;
      layers: Descriptor[];
    };
    const config = JSON.parse(blob(manifest.config).toString()) as { config: object; rootfs: { diff_ids: string[] } };
    expect(config.config).toEqual(CONFIG);
    const layers = manifest.layers.map((layer) => gunzipSync(blob(layer)));
    expect(config.rootfs.diff_ids).toEqual(layers.map(sha256));
    expect(execFileSync('tar', ['-xO', './b'], { input: layers[0] }).toString()).toBe('content of b');
  });

  test('has the manifest that docker load reads', () => {
    const [image] = json<{ Config: string; RepoTags: string[]; Layers: string[] }[]>('manifest.json');
    expect(image?.RepoTags).toEqual(['tektrace:1.2.3']);
    for (const path of [image?.Config ?? '', ...(image?.Layers ?? [])]) expect(member(path).length).toBeGreaterThan(0);
  });
});
