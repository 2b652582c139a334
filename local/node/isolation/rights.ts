import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { findTool, requireTool } from './tools.ts';

/** The rights of this process over its children. */
export interface Rights {
  /** Become any user and group. Root of a user namespace with one user may not. */
  switchUsers: boolean;
  /** Take capabilities away. */
  limitCapabilities: boolean;
}

/** nobody. */
const OTHER_USER = 65534;

/** Finds the rights by trying: uid 0 is not enough. */
export async function findRights(own: { uid: number; gid: number }): Promise<Rights> {
  const tool = findTool('setpriv');
  if (own.uid !== 0 || tool === undefined) return { switchUsers: false, limitCapabilities: false };
  const works = (settings: string[]): Promise<boolean> =>
    promisify(execFile)(tool, [...settings, '--', requireTool('true')], { env: {}, cwd: '/' }).then(
      () => true,
      () => false,
    );
  const [alone, among, limitCapabilities] = await Promise.all([
    works(['--reuid', String(OTHER_USER), '--regid', String(OTHER_USER), '--clear-groups']),
    works(['--reuid', '1', '--regid', '1', '--groups', String(OTHER_USER)]),
    works(['--inh-caps', '-all', '--bounding-set', '-all']),
  ]);
  return { switchUsers: alone && among, limitCapabilities };
}
