import { slowest } from '../../local/viewer/slowest.ts';
import { pipelineOf } from '../../local/viewer/summary/run-rows.ts';
import { buildWaterfall, type Waterfall } from '../../local/viewer/waterfall.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { CommandError } from '../errors.ts';
import { choice, count, httpUrl, parseOptions, text } from '../options/options.ts';
import type { CommandSpec, OptionValues } from '../options/options.ts';
import { recentOptions, recentSettings } from '../options/recent-options.ts';
import { slowestText } from '../text/slowest-text.ts';
import { didYouMean } from '../options/suggest.ts';
import { createTerminal } from '../text/terminal.ts';
import { findTraceSource, jaegerHeadersOption } from '../traces/trace-source.ts';
import { readTracesFile } from '../traces/traces-file.ts';
import { printable } from '../waterfall/display-width.ts';

export const slowestSpec: CommandSpec = {
  name: 'slowest',
  summary:
    'Says which tasks, steps and functions of the controllers took longest in many runs. The runs are those of a Jaeger, of the\ncluster of tektrace up, or of files that --trace-out wrote (- = standard input). Of files all runs count, whatever --since and --limit say.',
  positionals: '[FILE…]',
  options: {
    pipeline: { type: 'string', value: 'NAME', help: 'Only runs of this Pipeline (or Task).' },
    ...recentOptions,
    top: { type: 'string', value: 'N', help: 'Lines of each table (default 10).' },
    sort: {
      type: 'string',
      value: 'self|total|p50|max|count',
      help: 'What comes first (default self: functions by their time without the functions and API requests below\nthem, tasks and steps by their total).',
    },
    kubeconfig: { type: 'string', value: 'FILE', help: 'Of tektrace up; default: KUBECONFIG.' },
    'jaeger-query-url': { type: 'string', value: 'URL', help: 'The Jaeger to read from, like http://localhost:16686' },
    'jaeger-headers-file': jaegerHeadersOption,
    output: {
      type: 'string',
      short: 'o',
      value: 'text|json',
      help: 'json: all of it, in milliseconds (default text).',
    },
  },
  examples: [
    'tektrace slowest --pipeline build-and-test --since 7d --jaeger-query-url http://localhost:16686',
    'tektrace slowest trace.json --sort max',
  ],
};

async function tracesOf(files: string[], values: OptionValues): Promise<Map<string, TracesData>> {
  const recent = recentSettings(values);
  const elsewhere = ['jaeger-query-url', 'jaeger-headers-file', 'kubeconfig'].find(
    (option) => values[option] !== undefined,
  );
  if (files.length > 0 && elsewhere !== undefined)
    throw new CommandError(`--${elsewhere} and files: name the one or the others`);
  if (files.length > 0) {
    const all = new Map<string, TracesData>();
    for (const file of files) for (const [traceId, trace] of await readTracesFile(file)) all.set(traceId, trace);
    return all;
  }
  const source = await findTraceSource(
    httpUrl(values, 'jaeger-query-url'),
    text(values, 'kubeconfig') ?? process.env.KUBECONFIG,
    text(values, 'jaeger-headers-file'),
  );
  if (!source?.recent)
    throw new CommandError('where are the traces? name files, or a Jaeger with --jaeger-query-url http://HOST:16686');
  return source.recent(recent.sinceMs, recent.limit);
}

/** Pipelines that are named where none has the name. */
const MAX_NAMES = 8;

/** That no run is of that Pipeline, and of which ones they are. */
function noneOf(pipeline: string, waterfalls: Waterfall[]): string {
  const names = [...new Set(waterfalls.map(pipelineOf).filter((name) => name !== undefined))].toSorted();
  const number = waterfalls.length === 1 ? 'the run that was read' : `the ${waterfalls.length} runs that were read`;
  const shown = names.slice(0, MAX_NAMES).join(', ') + (names.length > MAX_NAMES ? ', …' : '');
  return `no run of ${pipeline} among ${number}${didYouMean(pipeline, names)}${shown === '' ? '' : `, only of ${shown}`}`;
}

/** Exit code: 0 printed, 1 there is no run or Jaeger did not answer, 2 the input can't be used. */
export async function slowestCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(slowestSpec, args);
  const order = choice(values, 'sort', ['self', 'total', 'p50', 'max', 'count'], 'self');
  const format = choice(values, 'output', ['text', 'json'], 'text');
  const top = count(values, 'top', 10);
  const pipeline = text(values, 'pipeline');
  const traces = await tracesOf(positionals, values);
  const waterfalls = [...traces].map(([id, trace]) => buildWaterfall(id, trace));
  const found = slowest(waterfalls, order, pipeline);
  if (found.runs === 0) {
    const readsMore = positionals.length > 0 ? '' : ': a longer --since or a larger --limit reads more';
    throw new CommandError(`${pipeline === undefined ? 'no run' : noneOf(pipeline, waterfalls)}${readsMore}`, 1);
  }
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return 0;
  }
  const terminal = createTerminal(process.stdout);
  const of = pipeline === undefined ? '' : ` of ${printable(pipeline)}`;
  terminal.print(`${found.runs === 1 ? '1 run' : `${found.runs} runs`}${of}\n`);
  terminal.print(slowestText(found, terminal, { top }));
  return 0;
}
