import { CommandError } from '../errors.ts';
import { lookupOptions, lookupSettings } from '../options/lookup-options.ts';
import { namedTrace, traceInFile } from '../traces/named-trace.ts';
import { fullOption, parseOptions, text } from '../options/options.ts';
import type { CommandSpec } from '../options/options.ts';
import { showWhole } from '../text/show-trace.ts';
import { createTerminal } from '../text/terminal.ts';
import { checkTraceFile, isStandardOutput, writeTrace } from '../traces/trace-file.ts';

export const traceSpec: CommandSpec = {
  name: 'trace',
  summary:
    'Draws the trace of a PipelineRun or TaskRun, and says why it failed, what took how long, and how long it waited.\nRUN is the name of a run in a cluster, a trace id, or a file as --trace-out writes it (FILE#RUN if it has several).',
  positionals: 'RUN',
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'Read the trace from this file (- = standard input).' },
    ...lookupOptions,
    full: fullOption,
    'trace-out': { type: 'string', value: 'FILE', help: 'Also write the whole trace as one OTLP JSON document.' },
  },
  examples: [
    'tektrace trace build-and-test-x7k2p',
    'tektrace trace build-and-test-x7k2p -n ci --jaeger-query-url http://localhost:16686',
    'tektrace trace --file trace.json',
  ],
};

/** Exit code: 0 drawn, 1 nothing arrived, 2 no such run. */
export async function traceCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(traceSpec, args);
  const file = text(values, 'file');
  const [name, ...more] = [...(file === undefined ? [] : [file]), ...positionals];
  if (name === undefined || more.length > 0)
    throw new CommandError('expected one run: its name, its trace id, or a file\nSee: tektrace trace --help');
  const lookup = lookupSettings(values);
  const ofCluster = Object.keys(lookupOptions).find((option) => values[option] !== undefined);
  if (file !== undefined && ofCluster !== undefined)
    throw new CommandError(`--${ofCluster} is for a run that is named: --file has the trace already`);
  const traceOut = text(values, 'trace-out');
  if (traceOut !== undefined) await checkTraceFile(traceOut);
  const named = await (file === undefined ? namedTrace(name, { ...lookup, withLogs: true }) : traceInFile(file));
  const isStdoutTaken = traceOut !== undefined && isStandardOutput(traceOut);
  showWhole(named, {
    terminal: createTerminal(isStdoutTaken ? process.stderr : process.stdout),
    isFull: values.full === true,
  });
  if (traceOut !== undefined) await writeTrace(traceOut, [named.trace]);
  return 0;
}
