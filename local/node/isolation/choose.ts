import fs from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { runtimeEnvironment } from '../container/env.ts';
import { findRights } from './rights.ts';
import type { Rights } from './rights.ts';
import type { Isolation } from './isolation.ts';
import type { IsolationKind } from './kind.ts';
import { createNamespaceIsolation } from './namespaces.ts';
import { createPlainIsolation } from './plain.ts';

export interface ChosenIsolation {
  isolation: Isolation;
  /** For the person who starts the node: why this one. */
  reason: string;
  rights: Rights;
}

/** The choice of `auto` is not safe enough here: it has to be requested by name. */
export class IsolationRefused extends Error {}

const TRIAL_MS = 10_000;

/** Runs `true` in a container with namespaces. Throws the reason if that fails. */
async function tryNamespaces(own: { uid: number; gid: number }, directory: string): Promise<Isolation> {
  const isolation = createNamespaceIsolation(own);
  await fs.mkdir(path.join(directory, 'volume'), { recursive: true });
  const running = await isolation.start({
    containerId: 'trial',
    directory,
    hostname: 'trial',
    command: ['true'],
    env: runtimeEnvironment('trial', '/root'),
    workingDir: '/',
    mounts: [{ source: path.join(directory, 'volume'), target: '/workspace', readOnly: true, kind: 'directory' }],
    credentials: { uid: 0, gid: 0, groups: [], noNewPrivileges: false, capabilities: [], capabilitiesChanged: false },
  });
  const timer = setTimeout(() => running.kill(), TRIAL_MS);
  const [{ exitCode }, output] = await Promise.all([running.exited, text(running.output)]);
  clearTimeout(timer);
  if (exitCode !== 0) throw new Error(`a trial container ended with exit code ${exitCode}: ${output.trim()}`);
  return isolation;
}

/**
 * Chooses the isolation by trying. `auto` takes namespaces if they work, and gives the reason if not. Throws if `namespaces` was requested
 * and fails, and IsolationRefused if steps would be root of this machine.
 */
export async function chooseIsolation(wanted: 'auto' | IsolationKind, rootDir: string): Promise<ChosenIsolation> {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const rights = await findRights(own);
  if (wanted === 'plain')
    return {
      isolation: createPlainIsolation(own, path.basename(rootDir)),
      reason: own.uid === 0 ? 'asked for; they are root and can change any file of this machine' : 'asked for',
      rights,
    };
  const directory = path.join(rootDir, 'trial');
  try {
    const isolation = await tryNamespaces(own, directory);
    return {
      isolation,
      rights,
      reason: own.uid === 0 ? 'unshare works here, as root' : 'unshare works here, with a user namespace',
    };
  } catch (error) {
    const why = (error as Error).message.replace(/\s+/g, ' ').trim();
    if (wanted === 'auto' && own.uid === 0)
      throw new IsolationRefused(
        `namespaces do not work here (${why}), and without them steps that run as root can change any file of this machine`,
        { cause: error },
      );
    if (wanted === 'namespaces') throw new Error(`namespaces do not work on this machine: ${why}`, { cause: error });
    return {
      isolation: createPlainIsolation(own, path.basename(rootDir)),
      reason: `namespaces do not work here: ${why}`,
      rights,
    };
  } finally {
    await fs.rm(directory, { recursive: true, force: true });
  }
}
