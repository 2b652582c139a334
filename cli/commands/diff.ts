import { compareRuns } from '../../local/viewer/compare.ts';
import { buildWaterfall } from '../../local/viewer/waterfall.ts';
import { diffText } from '../text/diff-text.ts';
import { CommandError } from '../errors.ts';
import { lookupOptions, lookupSettings } from '../options/lookup-options.ts';
import { namedTrace } from '../traces/named-trace.ts';
import { choice, parseOptions } from '../options/options.ts';
import type { CommandSpec } from '../options/options.ts';
import { createTerminal } from '../text/terminal.ts';

export const diffSpec: CommandSpec = {
  name: 'diff',
  summary:
    'Compares two runs: which tasks, steps and waits became slower. A run is its name, its trace id, or a file\nthat --trace-out wrote (FILE#RUN if it has several; - = standard input).',
  positionals: 'BEFORE AFTER',
  options: {
    ...lookupOptions,
    all: {
      type: 'boolean',
      help: 'Show all tasks with their steps: also those without a notable difference, and all of many.',
    },
    output: { type: 'string', short: 'o', value: 'text|json', help: 'json: the whole comparison (default text).' },
  },
  examples: ['tektrace diff build-and-test-x7k2p build-and-test-b2m9d', 'tektrace diff monday.json today.json'],
};

/** Exit code: 0 compared, 1 a trace is not there, 2 the input can't be used. */
export async function diffCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(diffSpec, args);
  const [before, after, ...more] = positionals;
  if (before === undefined || after === undefined || more.length > 0)
    throw new CommandError('expected two runs: names, trace ids or files\nSee: tektrace diff --help');
  const format = choice(values, 'output', ['text', 'json'], 'text');
  const lookup = lookupSettings(values);
  const [old, current] = [await namedTrace(before, lookup), await namedTrace(after, lookup)];
  const comparison = compareRuns(
    buildWaterfall(old.traceId, old.trace),
    buildWaterfall(current.traceId, current.trace),
  );
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(comparison)}\n`);
    return 0;
  }
  const terminal = createTerminal(process.stdout);
  terminal.print(diffText(comparison, terminal, { all: values.all === true }).trimEnd());
  return 0;
}
