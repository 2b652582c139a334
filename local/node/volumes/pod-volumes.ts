import fs from 'node:fs/promises';
import path from 'node:path';

import type { V1Volume } from '@kubernetes/client-node';

import type { Pod } from '../types.ts';
import { writeAtomically } from './atomic-writer.ts';
import { followsPod, projectVolume } from './projection.ts';
import type { ProjectionSources } from './projection.ts';

export interface VolumeOptions extends ProjectionSources {
  /** The directory of the Pod's volumes; removed with the Pod. */
  directory: string;
  /** The same for `medium: Memory`. */
  memoryDirectory: string;
  allowHostPath: boolean;
  /** Whether this node may change files to other groups. */
  mayGiveAway: boolean;
  /** The directory of a claim. Throws when there is no such claim. */
  claimDirectory: (namespace: string, name: string) => Promise<string>;
}

/** This node will never have such a volume: the Pod can't run here. */
export class UnsupportedVolume extends Error {}

const PLUGIN_NEUTRAL = new Set(['name']);

/** Writable for all. With a group, new files belong to the group. */
async function emptyDirectory(directory: string, group: number | undefined): Promise<string> {
  await fs.mkdir(directory, { recursive: true });
  if (group !== undefined) await fs.chown(directory, -1, group);
  await fs.chmod(directory, group === undefined ? 0o777 : 0o2777);
  return directory;
}

async function hostDirectory(source: NonNullable<V1Volume['hostPath']>, allowed: boolean): Promise<string> {
  if (!allowed) throw new UnsupportedVolume('hostPath volumes are off on this node');
  if (source.type === 'DirectoryOrCreate') await fs.mkdir(source.path, { recursive: true });
  await fs.access(source.path);
  return source.path;
}

/** The directories of one Pod's volumes, by volume name. */
export class PodVolumes {
  readonly #options: VolumeOptions;
  readonly #directories = new Map<string, string>();
  #refreshing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: VolumeOptions) {
    this.#options = options;
  }

  /** Prepares one volume. Throws the kubelet's reason; may be called again. */
  async setUp(pod: Pod, volume: V1Volume): Promise<void> {
    this.#directories.set(volume.name, await this.#prepare(pod, volume));
  }

  /** The volume's directory on this machine. Throws when the Pod has no such volume. */
  directory(name: string): string {
    const directory = this.#directories.get(name);
    if (directory === undefined) throw new Error(`volume "${name}" is not mounted`);
    return directory;
  }

  /** Rewrites the files with the Pod's labels and annotations, one update at a time. */
  async follow(pod: Pod): Promise<void> {
    const volumes = (pod.spec.volumes ?? []).filter(
      (volume) => followsPod(volume) && this.#directories.has(volume.name),
    );
    const refresh = async (): Promise<void> => {
      for (const volume of volumes) if (!this.#closed) await this.#prepare(pod, volume);
    };
    this.#refreshing = this.#refreshing.then(refresh, refresh);
    await this.#refreshing;
  }

  /** Resolves when no write is pending, so that the volumes can be removed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#refreshing.catch(() => undefined); // The caller of the update gets the error.
  }

  async #prepare(pod: Pod, volume: V1Volume): Promise<string> {
    const { directory, memoryDirectory, allowHostPath, mayGiveAway, claimDirectory } = this.#options;
    const own = path.join(volume.emptyDir?.medium === 'Memory' ? memoryDirectory : directory, volume.name);
    // If it may not, the Pod's containers are refused with the reason.
    const group = mayGiveAway ? pod.spec.securityContext?.fsGroup : undefined;
    if (volume.emptyDir) return emptyDirectory(own, group);
    if (volume.persistentVolumeClaim)
      return claimDirectory(pod.metadata.namespace ?? '', volume.persistentVolumeClaim.claimName);
    if (volume.hostPath) return hostDirectory(volume.hostPath, allowHostPath);
    const files = await projectVolume(pod, volume, this.#options);
    if (!files) {
      const kind = Object.keys(volume).find((key) => !PLUGIN_NEUTRAL.has(key));
      if (kind === undefined) return emptyDirectory(own, group);
      throw new UnsupportedVolume(`no volume plugin matched: ${kind} volumes are not supported by this node`);
    }
    await writeAtomically(own, files, group);
    return own;
  }
}
