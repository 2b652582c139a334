import { parseArgs } from 'node:util';

import { problemsOfLoad } from './requests/acceptance.ts';
import { measure } from './requests/measure.ts';
import { report } from './requests/report.ts';

const USAGE = 'usage: npm run bench:requests -- [--runs N]   (N runs unloaded and N as a burst, default 20)';
const UNLOADED_EVERY_MS = 1500;

/** Prints what runs of three tasks cost in API requests and reconciles. Resolves to the exit code: 1 over the limits, 2 for wrong arguments. */
async function main(args: string[]): Promise<number> {
  let runs: number;
  try {
    const { values } = parseArgs({ args, options: { runs: { type: 'string', default: '20' } } });
    runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1 on');
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const problems: string[] = [];
  for (const load of [
    { name: 'unloaded', runs, everyMs: UNLOADED_EVERY_MS },
    { name: 'burst', runs, everyMs: 0 },
  ]) {
    const cost = await measure(load);
    console.log(`${report(cost)}\n`);
    problems.push(...problemsOfLoad(cost));
  }
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
