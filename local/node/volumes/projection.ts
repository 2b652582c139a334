import path from 'node:path';

import type { V1DownwardAPIVolumeFile, V1KeyToPath, V1Volume, V1VolumeProjection } from '@kubernetes/client-node';

import { fieldValue, resourceValue } from '../container/field-ref.ts';
import type { ObjectSource, Payload } from '../objects.ts';
import type { Pod } from '../types.ts';
import type { ProjectedFiles } from './atomic-writer.ts';

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

export interface ProjectionSources {
  objects: ObjectSource;
  /** A token for the Pod's service account. Throws the API server's reason. */
  serviceAccountToken(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string>;
}

/** Throws for a path that would leave the volume. */
function checked(file: string): string {
  if (path.isAbsolute(file) || file.split('/').includes('..'))
    throw new Error(`invalid path ${file}: must be relative and not contain ".."`);
  return file;
}

function keys(
  payload: Payload | undefined,
  items: V1KeyToPath[] | undefined,
  optional: boolean | undefined,
  mode: number,
): ProjectedFiles {
  if (!items) return new Map([...(payload ?? [])].map(([key, data]) => [checked(key), { data, mode }]));
  const files: ProjectedFiles = new Map();
  for (const item of items) {
    const data = payload?.get(item.key);
    if (data) files.set(checked(item.path), { data, mode: item.mode ?? mode });
    else if (!optional) throw new Error(`references non-existent config key: ${item.key}`);
  }
  return files;
}

function downward(pod: Pod, items: V1DownwardAPIVolumeFile[] | undefined, mode: number): ProjectedFiles {
  const files: ProjectedFiles = new Map();
  for (const item of items ?? []) {
    files.set(checked(item.path), { data: Buffer.from(downwardValue(pod, item)), mode: item.mode ?? mode });
  }
  return files;
}

function downwardValue(pod: Pod, item: V1DownwardAPIVolumeFile): string {
  if (item.fieldRef) return fieldValue(pod, item.fieldRef.fieldPath);
  const selector = item.resourceFieldRef;
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
    ({ name }) => name === selector?.containerName,
  );
  if (!selector || !container)
    throw new Error(`downwardAPI file ${item.path}: container ${selector?.containerName} not found`);
  return resourceValue(container, selector);
}

async function projected(
  pod: Pod,
  source: V1VolumeProjection,
  mode: number,
  sources: ProjectionSources,
): Promise<ProjectedFiles> {
  const namespace = pod.metadata.namespace ?? '';
  if (source.configMap) {
    const { name = '', items, optional } = source.configMap;
    return keys(await sources.objects.configMap(namespace, name, optional), items, optional, mode);
  }
  if (source.secret) {
    const { name = '', items, optional } = source.secret;
    return keys(await sources.objects.secret(namespace, name, optional), items, optional, mode);
  }
  if (source.downwardAPI) return downward(pod, source.downwardAPI.items, mode);
  if (source.serviceAccountToken) {
    const { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS, path: file } = source.serviceAccountToken;
    const token = await sources.serviceAccountToken(pod, audience, expirationSeconds);
    return new Map([[checked(file), { data: Buffer.from(token), mode: 0o600 }]]);
  }
  throw new Error(`projected volume source not supported by this node: ${Object.keys(source).join(', ')}`);
}

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for every other kind. Throws the kubelet's reason. */
export async function projectVolume(
  pod: Pod,
  volume: V1Volume,
  sources: ProjectionSources,
): Promise<ProjectedFiles | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  if (volume.configMap) {
    const { name = '', items, optional, defaultMode = DEFAULT_MODE } = volume.configMap;
    return keys(await sources.objects.configMap(namespace, name, optional), items, optional, defaultMode);
  }
  if (volume.secret) {
    const { secretName = '', items, optional, defaultMode = DEFAULT_MODE } = volume.secret;
    return keys(await sources.objects.secret(namespace, secretName, optional), items, optional, defaultMode);
  }
  if (volume.downwardAPI)
    return downward(pod, volume.downwardAPI.items, volume.downwardAPI.defaultMode ?? DEFAULT_MODE);
  if (!volume.projected) return undefined;
  const files: ProjectedFiles = new Map();
  for (const source of volume.projected.sources ?? []) {
    const some = await projected(pod, source, volume.projected.defaultMode ?? DEFAULT_MODE, sources);
    for (const [name, file] of some) files.set(name, file);
  }
  return files;
}

/** Whether the volume's files depend on the Pod's labels and annotations. */
export function followsPod(volume: V1Volume): boolean {
  return (
    volume.downwardAPI !== undefined ||
    (volume.projected?.sources ?? []).some((source) => source.downwardAPI !== undefined)
  );
}
