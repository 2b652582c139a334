import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How a container of the image runs, as the fields of an OCI image configuration. */
export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  WorkingDir?: string;
  User?: string;
}

const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * Writes an image with `root` as its only layer to `file`, in the form of `docker save`, which needs no registry and no builder. The same
 * files give the same bytes. `name` is a full reference: `docker.io/library/busybox:1.37`.
 */
export async function writeImageArchive(name: string, root: string, config: ImageConfig, file: string): Promise<void> {
  const work = await mkdtemp(join(dirname(file), 'image-'));
  try {
    const stable = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
    const layer = join(work, 'layer.tar');
    await run('tar', [...stable, '-C', root, '-cf', layer, '.']);
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const image = {
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: { ...config, Env: [path, ...(config.Env ?? [])] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`] },
    };
    await writeFile(join(work, 'config.json'), JSON.stringify(image));
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    await run('tar', [...stable, '-C', work, '-cf', file, 'manifest.json', 'config.json', 'layer.tar']);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
