import { stepEnvironment } from './environment.ts';
import { parseFlags, UsageError } from './flags.ts';
import { restoreOpenFiles } from './limits.ts';
import { PATH_MAP_VARIABLE } from './path-map.ts';
import type { PathMap } from './path-map.ts';
import { runStep } from './step.ts';
import { WORKING_DIRECTORY_VARIABLE } from './working-directory.ts';
import type { WorkingDirectory } from './working-directory.ts';
import { writeAllSync } from './write.ts';

const log = (message: string): void => writeAllSync(2, Buffer.from(`${message}\n`));

const WATCH_MS = 500;
/** The time for ending the step before this process ends. */
const END_MS = 1_000;

/** Aborts when the node that started this process is gone. Only without a PID namespace, which would end the step. */
function nodeGone(): AbortSignal {
  const gone = new AbortController();
  const node = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === node) return;
    clearInterval(watch);
    gone.abort(new Error('the node is gone'));
    setTimeout(() => process.exit(1), END_MS);
  }, WATCH_MS).unref();
  return gone.signal;
}

async function main(): Promise<number> {
  const map = JSON.parse(process.env[PATH_MAP_VARIABLE] ?? '{}') as PathMap;
  try {
    await restoreOpenFiles(process.env);
    const flags = parseFlags(process.argv.slice(2), process.env.TEKTON_PLATFORM_COMMANDS);
    const given = process.env[WORKING_DIRECTORY_VARIABLE];
    const workingDirectory = given === undefined ? undefined : (JSON.parse(given) as WorkingDirectory);
    const end = Object.keys(map).length > 0 ? nodeGone() : new AbortController().signal;
    const env = stepEnvironment(process.env);
    return await runStep({ flags, env, map, workingDirectory, end, log, now: () => new Date() });
  } catch (error) {
    log(error instanceof UsageError ? error.message : `entrypoint: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
