import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { LockedPackage } from './lock-file.ts';
import type { NodeProgram } from './node.ts';

interface Component {
  type: 'application' | 'library' | 'file';
  'bom-ref': string;
  name: string;
  version?: string;
  purl?: string;
  hashes?: { alg: 'SHA-256' | 'SHA-512'; content: string }[];
  licenses?: { expression: string }[];
}

/** A CycloneDX document. */
export interface Bom {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  version: 1;
  metadata: { component: Component };
  components: Component[];
}

function npmComponent({ name, version, license, sha512 }: LockedPackage): Component {
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  return {
    ...{ type: 'library', 'bom-ref': purl, name, version, purl },
    ...(sha512 !== undefined && { hashes: [{ alg: 'SHA-512', content: sha512 }] }),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
  };
}

async function fileComponent(path: string, file: string): Promise<Component> {
  const content = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  return { type: 'file', 'bom-ref': `file:${path}`, name: path, hashes: [{ alg: 'SHA-256', content }] };
}

/**
 * What is in the image, as CycloneDX 1.6: the packages from npm, Node, and the C libraries with the Debian packages that they are from. `npm sbom` knows only
 * the first, and writes the time and a random number, so that no two images would be equal.
 */
export async function billOfMaterials(
  project: { name: string; version: string; license: string },
  packages: LockedPackage[],
  node: NodeProgram,
): Promise<Bom> {
  const { name, version, license } = project;
  const purl = `pkg:npm/${name}@${version}`;
  const npm = new Map(packages.map(npmComponent).map((component) => [component['bom-ref'], component]));
  const debian = new Map(
    node.libraries.flatMap(({ debian: of }): [string, Component][] => {
      if (of === undefined) return [];
      const ref = `pkg:deb/debian/${of.name}@${encodeURIComponent(of.version)}`;
      return [[ref, { type: 'library', 'bom-ref': ref, ...of, purl: ref }]];
    }),
  );
  const nodePurl = `pkg:generic/node@${node.version}`;
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    metadata: {
      component: { type: 'application', 'bom-ref': purl, name, version, purl, licenses: [{ expression: license }] },
    },
    components: [
      { type: 'application', 'bom-ref': nodePurl, name: 'node', version: node.version, purl: nodePurl },
      ...[...debian.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1)),
      ...(await Promise.all(node.libraries.map(({ path, file }) => fileComponent(path, file)))),
      ...npm.values(),
    ],
  };
}
