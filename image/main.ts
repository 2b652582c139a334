import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { buildImage, fillRoot } from './build.ts';

const USAGE = `Builds the container image without a container engine: an archive that docker, podman, skopeo and containerd can load.

Usage: npm run image -- [--output DIRECTORY]

      --output DIRECTORY   Where the archive and its bill of materials go (default dist/image).
      --root DIRECTORY     Only put the image's files into DIRECTORY (for the Dockerfile).
`;

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { output: { type: 'string' }, root: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.root !== undefined) {
    await fillRoot(resolve(values.root));
    return;
  }
  const project = resolve(import.meta.dirname, '..');
  const output = resolve(values.output ?? join(project, 'dist/image'));
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { version: string };
  const base = join(output, `tektrace-${version}-linux-${process.arch}`);
  await mkdir(output, { recursive: true });
  const { name, digest, layers, bom } = await buildImage(`${base}.tar`);
  await writeFile(`${base}.cdx.json`, `${JSON.stringify(bom, null, 2)}\n`);
  process.stdout.write(`${base}.tar\n${base}.cdx.json\n\n${name}\n${digest}\n`);
  for (const { title, bytes, unpackedBytes } of layers)
    process.stdout.write(`${mib(bytes).padStart(10)}  (unpacked ${mib(unpackedBytes)})  ${title}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`image: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
