import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { chooseIsolation } from '../../local/node/isolation/choose.ts';
import { findRights } from '../../local/node/isolation/rights.ts';
import type { IsolationKind } from '../../local/node/isolation/kind.ts';

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

async function namespacesWork(): Promise<boolean> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tektrace-test-'));
  try {
    await chooseIsolation('namespaces', directory);
    return true;
  } catch {
    return false;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** How containers can be isolated where the tests run, the best first: both ways, or just `plain`, which the tests ask for by name. */
export const isolations: IsolationKind[] = (await namespacesWork()) ? ['namespaces', 'plain'] : ['plain'];

/** The one that a test takes for which it does not matter. */
export const isolation = isolations[0] as IsolationKind;

/** Whether the tests may start a process as another user, found by trying. */
export const { switchUsers } = await findRights(own);
