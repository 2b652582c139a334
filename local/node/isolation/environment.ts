import type { Environment } from '../container/env.ts';
import { requireTool } from './tools.ts';

/** Variables a shell makes up by itself. */
const SHELL_VARIABLES = ['PWD', 'OLDPWD', 'SHLVL', '_'];
/** What a shell takes and hands on as it is; others it has read-only, counts with, or loses (`db.password`). */
const PLAIN_NAME =
  /^(?!BASH|FUNC|DIR|E?UID$|PPID$|SHELLOPTS$|OPT|LINENO$|RANDOM$|SRANDOM$|SECONDS$|EPOCH|GROUPS$)[A-Za-z_]\w*$/;

const SCRIPT = `set -e
tektrace_setup_cat=$1 tektrace_setup_env=$2
shift 2
eval "$("$tektrace_setup_cat")"
exec "$tektrace_setup_env" "$@" < /dev/null
`;

/** What a container has under containerd, whatever the person's shell has; the soft limit is also what select() can deal with. */
export const UMASK = '022';
const MAX_OPEN_FILES = 1024;
/** The hard limit stays: a program that needs more may ask for it. It may also be lower than what is asked for here. */
const LIMITS = `umask ${UMASK}
ulimit -S -n ${MAX_OPEN_FILES} 2>/dev/null || :`;

export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The command that runs `command` with empty standard input, containers' umask and limits, and the environment it reads, as `environmentScript` gives it, from its standard input. Whatever runs
 * before it, with more rights than the container has, gets none of it: LD_PRELOAD and its like would make it the container's. Nor
 * does a variable appear in an argument, where every user of the machine could read it, but for those a shell can't hold.
 */
export function underEnvironment(command: string[]): string[] {
  return [requireTool('sh'), '-c', SCRIPT, 'start', requireTool('cat'), requireTool('env'), ...command];
}

/** What `underEnvironment` reads: `env`, then shell commands to do before the command starts. */
export function environmentScript(env: Environment, before = ''): string {
  const plain = Object.entries(env).filter(([name]) => PLAIN_NAME.test(name));
  const odd = Object.entries(env).filter(([name]) => !PLAIN_NAME.test(name));
  const unset = SHELL_VARIABLES.filter((name) => env[name] === undefined).flatMap((name) => ['-u', name]);
  const words = [...unset, ...odd.map(([name, value]) => quote(`${name}=${value}`))].join(' ');
  const exported = plain.map(([name, value]) => `export ${name}=${quote(value)}`);
  return [LIMITS, ...exported, `set -- ${words} "$@"`, before, ''].join('\n');
}
