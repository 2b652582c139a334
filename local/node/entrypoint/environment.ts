import { PATH_MAP_VARIABLE } from './path-map.ts';
import { WORKING_DIRECTORY_VARIABLE } from './working-directory.ts';

/** The launcher's initial environment, as in /proc, in base64. */
export const ENVIRONMENT_VARIABLE = 'TEKTRACE_ENVIRONMENT';

/** The variables of a process as /proc shows them: `NAME=value`, each ended by a zero byte. */
function parse(environ: string): NodeJS.ProcessEnv {
  const entries = environ.split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** The step's variables: the launcher's initial ones, without those for the entrypoint. `own`: the entrypoint's. */
export function stepEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const encoded = own[ENVIRONMENT_VARIABLE];
  if (encoded) {
    const env = parse(Buffer.from(encoded, 'base64').toString('utf8'));
    for (const name of [PATH_MAP_VARIABLE, WORKING_DIRECTORY_VARIABLE]) delete env[name];
    return env;
  }
  const added = (name: string): boolean => name === 'NODE_COMPILE_CACHE' || /^TEKTRACE_(?!CONTAINER_ID$)/.test(name);
  return Object.fromEntries(Object.entries(own).filter(([name]) => !added(name)));
}
