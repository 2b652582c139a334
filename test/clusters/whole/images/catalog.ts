import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { buildImage } from '../../../../image/build.ts';
import { peerProgram } from '../../../peers/support/binaries.ts';
import type { ImageConfig } from './archive.ts';
import { writeImageArchive } from './archive.ts';
import { addBusybox, addProgram, addTemporaryFolder } from './root-folder.ts';

export const PAUSE_IMAGE = 'tektrace.test/pause:1';
export const JAEGER_IMAGE = 'tektrace.test/jaeger:2';
export const TEKTON_IMAGE = 'tektrace.test/tekton:1';
/** Of upstream's own Deployments. */
export const tektonServerImage = (program: 'controller' | 'webhook'): string => `tektrace.test/tekton-${program}:1`;

/** What the examples' steps name. A local image of that name has this machine's busybox, so that the examples run as they are. */
export const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.37';

/** Puts an image's files into a folder and says how its containers run. */
type Fill = (root: string) => Promise<ImageConfig>;

/** Holds a Pod's namespaces open; nobody asks it to end in its own time. */
async function pause(root: string): Promise<ImageConfig> {
  await addBusybox(root);
  return { Entrypoint: ['/bin/sleep', 'inf'] };
}

async function busybox(root: string): Promise<ImageConfig> {
  await addBusybox(root);
  return { Cmd: ['sh'] };
}

/** Upstream's programs for a TaskRun's Pod, where upstream's images have them. */
async function tekton(root: string): Promise<ImageConfig> {
  for (const name of ['entrypoint', 'nop', 'workingdirinit', 'sidecarlogresults'] as const)
    await addProgram(root, peerProgram(`tekton-${name}`), `ko-app/${name}`);
  await addTemporaryFolder(root);
  return { Entrypoint: ['/ko-app/entrypoint'] };
}

/** As upstream's image of the program: it is what a container starts. */
function tektonServer(program: 'controller' | 'webhook'): [string, Fill] {
  const fill: Fill = async (root) => {
    await addProgram(root, peerProgram(`tekton-${program}`), `ko-app/${program}`);
    await addTemporaryFolder(root);
    return { Entrypoint: [`/ko-app/${program}`] };
  };
  return [tektonServerImage(program), fill];
}

async function jaeger(root: string): Promise<ImageConfig> {
  await addProgram(root, peerProgram('jaeger'), 'jaeger');
  await addTemporaryFolder(root);
  return { Entrypoint: ['/jaeger'], User: '65532:65532' };
}

/** Builds every image of the cluster, the project's own as `npm run image` does, into `directory` and gives the archives' paths. `withTekton`: also those of upstream's Deployments. */
export async function buildImages(directory: string, withTekton = false): Promise<string[]> {
  const catalog: [string, Fill][] = [
    [PAUSE_IMAGE, pause],
    [BUSYBOX_IMAGE, busybox],
    [TEKTON_IMAGE, tekton],
    [JAEGER_IMAGE, jaeger],
    ...(withTekton ? [tektonServer('controller'), tektonServer('webhook')] : []),
  ];
  await mkdir(directory, { recursive: true });
  const archives: string[] = [];
  for (const [index, [name, fill]] of catalog.entries()) {
    const root = join(directory, `root-${index}`);
    await mkdir(root);
    const archive = join(directory, `${index}.tar`);
    await writeImageArchive(name, root, await fill(root), archive);
    await rm(root, { recursive: true });
    archives.push(archive);
  }
  const own = join(directory, 'tektrace.tar');
  await buildImage(own);
  return [...archives, own];
}
