import fs from 'node:fs';
import path from 'node:path';

import type { V1Container, V1VolumeMount } from '@kubernetes/client-node';

import type { Mount } from '../isolation/isolation.ts';
import { makeInside } from '../entrypoint/inside.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import type { Pod } from '../types.ts';
import type { Environment } from './env.ts';
import { expand } from './expand.ts';

const KEPT_READ_ONLY = ['configMap', 'secret', 'downwardAPI', 'projected'] as const;

/** The place below a volume that a subPath names, made if missing. Throws when it leads out of the volume. */
function subPathOf(volume: string, subPath: string): string {
  if (path.isAbsolute(subPath) || subPath.split('/').includes('..'))
    throw new Error(`subPath "${subPath}" must be relative and not contain ".."`);
  return makeInside(volume, subPath, 'directory');
}

/** A container path as the kubelet reads it: absolute, without `..`. */
export function containerPath(written: string): string {
  if (written.includes('\n')) throw new Error(`path ${JSON.stringify(written)} has a line break`);
  return path.posix.normalize(`/${written}`).replace(/(?<=.)\/$/, '');
}

function volumeMount(mount: V1VolumeMount, pod: Pod, volumes: PodVolumes, env: Environment): Mount {
  const volume = (pod.spec.volumes ?? []).find(({ name }) => name === mount.name);
  const directory = volumes.directory(mount.name);
  const subPath = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, env);
  const source = subPath ? subPathOf(directory, subPath) : directory;
  const readOnly =
    mount.readOnly === true || (volume !== undefined && KEPT_READ_ONLY.some((kind) => volume[kind] !== undefined));
  return {
    source,
    target: containerPath(mount.mountPath),
    readOnly,
    kind: fs.statSync(source).isDirectory() ? 'directory' : 'file',
  };
}

/**
 * The mounts of the Pod's other containers at /tekton/run. The entrypoint's `init` makes links there for all of them. Without mount
 * namespaces a link leads to the volume itself, so the container of `init` needs the mounts, too.
 */
export function runMounts(container: V1Container, pod: Pod, volumes: PodVolumes): Mount[] {
  const own = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
  const others = pod.spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  const wanted = others.filter(({ mountPath }) => mountPath.startsWith('/tekton/run/') && !own.has(mountPath));
  const byPath = new Map(wanted.map((mount) => [mount.mountPath, volumeMount(mount, pod, volumes, {})]));
  return [...byPath.values()];
}

/** A container's mounts, parents first. Throws the reason for one that can't be made. */
export function containerMounts(
  container: V1Container,
  pod: Pod,
  volumes: PodVolumes,
  env: Environment,
  extra: Mount[],
): Mount[] {
  const mounts = (container.volumeMounts ?? []).map((mount) => volumeMount(mount, pod, volumes, env));
  return [...extra, ...mounts].sort((a, b) => a.target.split('/').length - b.target.split('/').length);
}
