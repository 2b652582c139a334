import type { Environment } from '../container/env.ts';
import { requireTool } from './tools.ts';

/** Variables that a shell sets itself. */
const SHELL_VARIABLES = ['PWD', 'OLDPWD', 'SHLVL', '_'];
/** Names that a shell passes on unchanged; others are read-only, special, or lost (`db.password`). */
const PLAIN_NAME =
  /^(?!BASH|FUNC|DIR|E?UID$|PPID$|SHELLOPTS$|OPT|LINENO$|RANDOM$|SRANDOM$|SECONDS$|EPOCH|GROUPS$)[A-Za-z_]\w*$/;

const SCRIPT = `set -e
tektrace_setup_cat=$1 tektrace_setup_env=$2
shift 2
eval "$("$tektrace_setup_cat")"
exec "$tektrace_setup_env" "$@" < /dev/null
`;

/** containerd's limits, whatever the user's shell has. The soft limit is also the maximum for select(). */
export const UMASK = '022';
const MAX_OPEN_FILES = 1024;
/** The hard limit stays, so that a program may raise its limit. It may be lower than this one. */
const LIMITS = `umask ${UMASK}
ulimit -S -n ${MAX_OPEN_FILES} 2>/dev/null || :`;

export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The command that runs `command` with empty standard input, the containers' umask and limits, and the environment of an
 * `environmentScript` on its standard input. Programs that run before it, with more rights, do not get this environment: LD_PRELOAD would
 * let the container control them. Variables are not in arguments, which all users can read, except for those that a shell can't hold.
 */
export function underEnvironment(command: string[]): string[] {
  return [requireTool('sh'), '-c', SCRIPT, 'start', requireTool('cat'), requireTool('env'), ...command];
}

/** The script for `underEnvironment`: `env`, then shell commands before the command starts. */
export function environmentScript(env: Environment, before = ''): string {
  const plain = Object.entries(env).filter(([name]) => PLAIN_NAME.test(name));
  const odd = Object.entries(env).filter(([name]) => !PLAIN_NAME.test(name));
  const unset = SHELL_VARIABLES.filter((name) => env[name] === undefined).flatMap((name) => ['-u', name]);
  const words = [...unset, ...odd.map(([name, value]) => quote(`${name}=${value}`))].join(' ');
  const exported = plain.map(([name, value]) => `export ${name}=${quote(value)}`);
  return [LIMITS, ...exported, `set -- ${words} "$@"`, before, ''].join('\n');
}
