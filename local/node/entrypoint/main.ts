import { stepEnvironment } from './environment.ts';
import { parseFlags, UsageError } from './flags.ts';
import { restoreOpenFiles } from './limits.ts';
import { PATH_MAP_VARIABLE } from './path-map.ts';
import type { PathMap } from './path-map.ts';
import { runStep } from './step.ts';
import { writeAllSync } from './write.ts';

const log = (message: string): void => writeAllSync(2, Buffer.from(`${message}\n`));

async function main(): Promise<number> {
  const map = JSON.parse(process.env[PATH_MAP_VARIABLE] ?? '{}') as PathMap;
  try {
    await restoreOpenFiles(process.env);
    const flags = parseFlags(process.argv.slice(2), process.env.TEKTON_PLATFORM_COMMANDS);
    return await runStep({ flags, env: stepEnvironment(process.env), map, log, now: () => new Date() });
  } catch (error) {
    log(error instanceof UsageError ? error.message : `entrypoint: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main();
