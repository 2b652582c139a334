import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../../shared/kubernetes/resources.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { AddedEnvironment } from './container/env.ts';
import type { PodLogSource } from '../pod-logs.ts';
import { createPodEventRecorder } from './events.ts';
import { createImageStore } from './images.ts';
import { chooseIsolation } from './isolation/choose.ts';
import { closeInheritedDescriptors } from './isolation/descriptors.ts';
import type { IsolationKind } from './isolation/kind.ts';
import { createFaultReporter } from './logs/fault.ts';
import { DepartedLogs } from './logs/departed-logs.ts';
import { createPodLogSource } from './logs/pod-log-source.ts';
import { createObjectSource } from './objects.ts';
import { makeOwnDirectory, SHARED_MEMORY } from './own-directory.ts';
import { PodManager } from './pod-manager.ts';
import { Provisioner } from './provisioner.ts';
import type { Claim } from './provisioner.ts';
import { registerNode } from './registration.ts';
import { removeTree } from './remove.ts';
import { Scheduler } from './scheduler.ts';
import type { Pod } from './types.ts';

export interface NodeOptions {
  client: KubeClient;
  /** Default: this machine's host name. */
  nodeName?: string;
  /** `auto` takes namespaces where they work. */
  isolation: 'auto' | IsolationKind;
  /** Default: a fresh directory (0700) below the system's temporary one. Removed at close. */
  rootDir?: string;
  /** hostPath volumes reach any file of this machine, so they are off by default. */
  allowHostPath?: boolean;
  /** The maximum size of a complete container log; default 1 GiB. */
  maxLogBytes?: number;
  /** Additional variables of containers. Default none. */
  addedEnvironment?: AddedEnvironment;
  log: Logger;
  now?: () => Date;
}

export interface RunningNode {
  isolation: IsolationKind;
  /** Why this isolation, for the person who started the node. */
  isolationReason: string;
  logs: PodLogSource;
  /** Binds a future PersistentVolumeClaim to this directory of the machine, which is never removed. */
  claimDirectory(namespace: string, name: string, directory: string): void;
  /** Ends every Pod at once and removes everything the node made on this machine. */
  close(): Promise<void>;
}

const DEFAULT_MAX_LOG_BYTES = 1024 ** 3;

async function makeRoot(asked: string | undefined): Promise<string> {
  if (asked === undefined) return makeOwnDirectory(os.tmpdir());
  await fs.mkdir(asked, { recursive: true, mode: 0o700 });
  return path.resolve(asked);
}

/** The directory of `medium: Memory` volumes: in memory if the machine has a file system for it. */
async function makeMemoryRoot(rootDir: string): Promise<string> {
  try {
    return await makeOwnDirectory(SHARED_MEMORY);
  } catch {
    return path.join(rootDir, 'memory');
  }
}

/** Without mounts, containers of other users need to pass through, but not to list. */
async function openForOtherUsers(directories: string[]): Promise<void> {
  for (const directory of directories) {
    await fs.mkdir(directory, { recursive: true });
    await fs.chmod(directory, 0o711);
  }
}

/** A node name has to be a DNS name. */
const defaultNodeName = (): string =>
  os
    .hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') || 'localhost';

/**
 * Starts a node: registers it, schedules all Pods here, and runs their containers as processes of this machine. Resolves when it watches.
 * Throws if the API server refuses it or the requested isolation does not work. Not enforced: resource limits, seccomp, AppArmor and
 * SELinux settings, network isolation (Pods share the machine's network).
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const {
    client,
    nodeName = defaultNodeName(),
    allowHostPath = false,
    maxLogBytes = DEFAULT_MAX_LOG_BYTES,
    addedEnvironment = () => ({}),
    log,
    now = () => new Date(),
  } = options;
  closeInheritedDescriptors();
  const rootDir = await makeRoot(options.rootDir);
  const memoryDir = await makeMemoryRoot(rootDir);
  const removeRoot = async (): Promise<void> => {
    for (const directory of [rootDir, memoryDir]) await removeTree(directory);
  };
  try {
    const { isolation, reason, rights } = await chooseIsolation(options.isolation, rootDir);
    if (isolation.kind === 'plain' && rights.switchUsers)
      await openForOtherUsers([rootDir, ...['pods', 'claims'].map((name) => path.join(rootDir, name)), memoryDir]);
    const images = await createImageStore(rootDir, isolation.kind);
    const objects = createObjectSource(client);
    const events = createPodEventRecorder(client, nodeName, log, now);
    const claims = new Reflector<Claim>({ client, resource: PERSISTENT_VOLUME_CLAIMS, log });
    const pods = new Reflector<Pod>({ client, resource: PODS, log });
    const provisioner = new Provisioner(client, path.join(rootDir, 'claims'), claims.store);
    const departed = new DepartedLogs(now);
    const manager = new PodManager({
      client,
      nodeName,
      rootDir,
      memoryDir,
      allowHostPath,
      runtime: {
        ...{ isolation, rights, images, objects, addedEnvironment },
        ...{ maxLogBytes, onLogFault: createFaultReporter(log, now), now },
      },
      provisioner,
      scheduler: new Scheduler(client, nodeName, events.record, now),
      claims: claims.store,
      pods: pods.store,
      recordEvent: events.record,
      departed,
      log,
    });
    claims.addHandler(manager.claimHandler);
    pods.addHandler(manager.podHandler);
    await Promise.all([registerNode(client, nodeName, now()), images.warmUp(isolation)]);
    const stop = new AbortController();
    const running = Promise.all([claims.run(stop.signal), pods.run(stop.signal)]);
    await Promise.all([claims.synced, pods.synced]);
    return {
      isolation: isolation.kind,
      isolationReason: reason,
      logs: createPodLogSource((namespace, pod) => manager.records(namespace, pod), departed, now),
      claimDirectory: (namespace, name, directory) => provisioner.give(namespace, name, directory),
      async close() {
        stop.abort();
        await running;
        await manager.close();
        await events.stop();
        await removeRoot();
      },
    };
  } catch (error) {
    await removeRoot();
    throw error;
  }
}
