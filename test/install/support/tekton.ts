import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BUSYBOX_IMAGE, TEKTON_IMAGE, tektonServerImage } from '../../clusters/whole/images/catalog.ts';
import { TEKTON_NAMESPACE, installed, readManifests, tektonShare } from '../../peers/support/upstream/install.ts';

/** Upstream's controller and webhook; without its resolvers, its controller of cloud events and the autoscaler of its webhook. */
const deployments = /^(controller|webhook)\.yaml$/;

/** Where upstream's releases have images of a registry, its sources have Go paths. */
function withLocalImages(text: string): string {
  return text
    .replaceAll(/ko:\/\/github\.com\/tektoncd\/pipeline\/cmd\/(controller|webhook)/g, (_, program: string) =>
      tektonServerImage(program as 'controller' | 'webhook'),
    )
    .replaceAll(/ko:\/\/github\.com\/tektoncd\/pipeline\/cmd\/\w+/g, TEKTON_IMAGE)
    .replaceAll(/cgr\.dev\/chainguard\/busybox@sha256:[0-9a-f]{64}/g, BUSYBOX_IMAGE);
}

/** Installs upstream Tekton from its own YAML, as Deployments, and waits until they are available. */
export async function installTekton(kubectl: (...args: string[]) => Promise<string>, directory: string): Promise<void> {
  const items = await readManifests(tektonShare, [installed, deployments]);
  const file = join(directory, 'tekton.json');
  await writeFile(file, withLocalImages(JSON.stringify({ apiVersion: 'v1', kind: 'List', items })));
  await kubectl('apply', '--server-side', '--force-conflicts', '--filename', file);
  await kubectl(
    `--namespace=${TEKTON_NAMESPACE}`,
    'wait',
    'deployments',
    '--all',
    '--for=condition=Available',
    '--timeout=120s',
  );
}
