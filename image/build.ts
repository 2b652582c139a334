import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { writeArchive } from './archive.ts';
import type { WrittenImage } from './archive.ts';
import { CONFIG, REPOSITORY } from './config.ts';
import { fillLayers } from './layers.ts';
import type { Contents } from './layers.ts';
import { productionPackages } from './lock-file.ts';
import { pinnedNode } from './node.ts';
import { billOfMaterials } from './sbom.ts';
import type { Bom } from './sbom.ts';

const PROJECT = resolve(import.meta.dirname, '..');

interface Manifest {
  name: string;
  version: string;
  license: string;
  description: string;
}

async function manifestOf(project: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Manifest;
}

async function contentsOf(project: string): Promise<Contents> {
  const [node, packages] = await Promise.all([pinnedNode(project), productionPackages(project)]);
  return { project, node, packages, bom: await billOfMaterials(await manifestOf(project), packages, node) };
}

export interface BuiltImage extends WrittenImage {
  /** Full reference with the version as its tag. */
  name: string;
  bom: Bom;
}

/** Builds the project's image for this machine's architecture into `file`. Needs `npm ci`, GNU tar and ldd; no container engine, no registry. */
export async function buildImage(file: string): Promise<BuiltImage> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-image-'));
  try {
    const { version, description, license } = await manifestOf(PROJECT);
    const contents = await contentsOf(PROJECT);
    const layers = await fillLayers(contents, directory);
    const name = `${REPOSITORY}:${version}`;
    const Labels = Object.fromEntries(
      Object.entries({ title: 'tektrace', description, version, licenses: license }).map(([key, value]) => [
        `org.opencontainers.image.${key}`,
        value,
      ]),
    );
    return { name, bom: contents.bom, ...(await writeArchive(name, { ...CONFIG, Labels }, layers, file)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Puts all files of the image into one folder: what the Dockerfile copies. */
export async function fillRoot(directory: string): Promise<void> {
  await fillLayers(await contentsOf(PROJECT), directory, true);
}
