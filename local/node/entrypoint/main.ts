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

async function main(): Promise<number> {
  const map = JSON.parse(process.env[PATH_MAP_VARIABLE] ?? '{}') as PathMap;
  try {
    await restoreOpenFiles(process.env);
    const flags = parseFlags(process.argv.slice(2), process.env.TEKTON_PLATFORM_COMMANDS);
    const given = process.env[WORKING_DIRECTORY_VARIABLE];
    const workingDirectory = given === undefined ? undefined : (JSON.parse(given) as WorkingDirectory);
    return await runStep({ flags, env: stepEnvironment(process.env), map, workingDirectory, log, now: () => new Date() });
  } catch (error) {
    log(error instanceof UsageError ? error.message : `entrypoint: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
