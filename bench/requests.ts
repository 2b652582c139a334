import { parseArgs } from 'node:util';

import { problemsOfLoad } from './requests/acceptance.ts';
import { problemsOfFollowed, reportFollowed, reportUse } from './requests/followed-report.ts';
import { measureFollowed } from './requests/followed.ts';
import { measure } from './requests/measure.ts';
import { report } from './requests/report.ts';
import { endsWithSignal } from './support/ends-with-signal.ts';

const USAGE = `usage: npm run bench:requests -- [--mode drive|follow] [--runs N]
  --mode drive   Tektrace executes the runs (default): N unloaded and N as a burst
  --mode follow  upstream Tekton executes them: N with the webhook, 10 N for CPU and memory, N without the webhook
  --runs N       default 20`;
const UNLOADED_EVERY_MS = 1500;
/** About as fast as upstream executes them where two processors are all there is. */
const MANY_EVERY_MS = 700;

/** Prints what runs of three tasks cost in API requests and reconciles, and gives what is over the limits. */
async function driven(runs: number, signal: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  for (const load of [
    { name: 'unloaded', runs, everyMs: UNLOADED_EVERY_MS },
    { name: 'burst', runs, everyMs: 0 },
  ]) {
    const cost = await measure(load, signal);
    console.log(`${report(cost)}\n`);
    problems.push(...problemsOfLoad(cost));
  }
  return problems;
}

/** The same of runs that upstream executes; and what a thousand of them cost in CPU and memory. */
async function followed(runs: number, signal: AbortSignal): Promise<string[]> {
  const loads = [
    { name: 'seen', runs, everyMs: UNLOADED_EVERY_MS, webhook: true },
    { name: 'many', runs: 10 * runs, everyMs: MANY_EVERY_MS, webhook: true },
    { name: 'unseen', runs, everyMs: UNLOADED_EVERY_MS, webhook: false },
  ];
  const costs = await measureFollowed(loads, signal);
  for (const cost of costs) {
    console.log(reportFollowed(cost));
    console.log(cost.load.name === 'many' ? `  ${reportUse(cost)}\n` : '');
  }
  return costs.flatMap(problemsOfFollowed);
}

/** Resolves to the exit code: 1 over the limits, 2 for wrong arguments. */
async function main(args: string[], signal: AbortSignal): Promise<number> {
  let runs: number;
  let mode: string;
  try {
    const options = { runs: { type: 'string', default: '20' }, mode: { type: 'string', default: 'drive' } } as const;
    const { values } = parseArgs({ args, options });
    ({ mode } = values);
    runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1 on');
    if (!['drive', 'follow'].includes(mode)) throw new Error('--mode takes drive or follow');
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const problems = await (mode === 'follow' ? followed : driven)(runs, signal);
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

await endsWithSignal((signal) => main(process.argv.slice(2), signal));
