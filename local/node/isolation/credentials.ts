import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Credentials } from '../container/security.ts';
import type { Rights } from './rights.ts';
import { findTool, requireTool } from './tools.ts';

/** Has the kernel kill a process when the one that started it is gone. Whoever becomes another user loses that and has to ask again. */
export const LEASH = ['--pdeathsig', 'KILL'];

/** nobody, everywhere. */
const OTHER_USER = 65534;

/** Finds out by trying: uid 0 alone says nothing of it. */
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

/** The command that becomes the container's user and drops rights before it runs what follows it. */
export function switchUser(
  credentials: Credentials,
  own: { uid: number; gid: number },
  options: { dropCapabilities: boolean },
): string[] {
  const { uid, gid, groups, noNewPrivileges, capabilities } = credentials;
  const settings: string[] = [];
  if (uid !== own.uid || gid !== own.gid || groups.length > 0) {
    settings.push(
      '--reuid',
      String(uid),
      '--regid',
      String(gid),
      ...(groups.length > 0 ? ['--groups', groups.join(',')] : ['--clear-groups']),
    );
  }
  if (options.dropCapabilities) {
    settings.push(
      '--inh-caps',
      '-all',
      '--bounding-set',
      ['-all', ...capabilities.map((name) => `+${name}`)].join(','),
    );
  }
  if (noNewPrivileges) settings.push('--no-new-privs');
  return settings.length === 0 ? [] : [requireTool('setpriv'), ...settings, ...LEASH, '--'];
}
