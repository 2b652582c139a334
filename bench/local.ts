import { parseArgs } from 'node:util';

import { isolations } from '../test/support/isolations.ts';
import { startUp } from '../test/e2e/support/up.ts';
import { inStep, toFile } from './local/measure.ts';
import { PROGRAMS } from './local/programs.ts';
import { endsWithSignal } from './support/ends-with-signal.ts';

const USAGE = 'usage: npm run bench:local -- [--megabytes N]   (output of each program, default 100)';

/** Throws for what is no whole number from 1 on. */
function bytesOf(args: string[]): number {
  const { values } = parseArgs({ args, options: { megabytes: { type: 'string', default: '100' } } });
  const megabytes = Number(values.megabytes);
  if (!Number.isInteger(megabytes) || megabytes < 1) throw new Error('--megabytes takes a whole number from 1 on');
  return megabytes * 1_000_000;
}

const row = (cells: string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(18))).join('');

/** Prints how fast programs write in a step, beside the same program whose output goes to a file. Resolves to the exit code. */
async function main(args: string[], signal: AbortSignal): Promise<number> {
  let bytes: number;
  try {
    bytes = bytesOf(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  console.log(row(['MB/s', '> file', ...isolations.map((isolation) => `step, ${isolation}`)]));
  const products = [];
  try {
    for (const isolation of isolations) products.push(await startUp(['--isolation', isolation]));
    for (const { name, command } of PROGRAMS) {
      const speeds = [await toFile(command(bytes), bytes, signal)];
      for (const product of products) speeds.push(await inStep(product, command(bytes), bytes, signal));
      console.log(row([name, ...speeds.map((speed) => speed.toFixed(0))]));
    }
  } finally {
    for (const product of products) await product.close();
  }
  return 0;
}

await endsWithSignal((signal) => main(process.argv.slice(2), signal));
