import { MKFIFO_VARIABLE } from './command.ts';
import { parseFlags, UsageError } from './flags.ts';
import { PATH_MAP_VARIABLE } from './path-map.ts';
import type { PathMap } from './path-map.ts';
import { runStep } from './step.ts';
import { writeAllSync } from './write.ts';

/** What the launcher has hidden from this process; the step gets it back. */
const HIDDEN_VARIABLES = ['NODE_OPTIONS', 'NODE_COMPILE_CACHE'];

function stepEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env[PATH_MAP_VARIABLE];
  delete env[MKFIFO_VARIABLE];
  for (const name of HIDDEN_VARIABLES) {
    const hidden = env[`TEKTRACE_${name}`];
    delete env[`TEKTRACE_${name}`];
    delete env[name];
    if (hidden !== undefined) env[name] = hidden;
  }
  return env;
}

const log = (message: string): void => writeAllSync(2, Buffer.from(`${message}\n`));

async function main(): Promise<number> {
  const map = JSON.parse(process.env[PATH_MAP_VARIABLE] ?? '{}') as PathMap;
  try {
    const flags = parseFlags(process.argv.slice(2), process.env.TEKTON_PLATFORM_COMMANDS);
    return await runStep({ flags, env: stepEnvironment(), map, log, now: () => new Date() });
  } catch (error) {
    log(error instanceof UsageError ? error.message : `entrypoint: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
