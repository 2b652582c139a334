import type { Credentials } from '../container/security.ts';
import { requireTool } from './tools.ts';

/** The kernel kills a process when its parent is gone. A change of user resets that, so it must be set again. */
export const LEASH = ['--pdeathsig', 'KILL'];

/** The command that switches to the container's user and drops rights before it runs the rest. */
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
