import { logged } from './process/error-log.ts';
import { CommandError, sentence } from './errors.ts';
import { endOnUncaughtErrors } from './process/last-resort.ts';
import { endWithLauncher } from './process/launcher-watch.ts';
import { showsStacks } from './options/log-options.ts';
import { completionScript, SHELLS } from './options/completion.ts';
import { helpText, helpWidth, overviewText } from './options/help.ts';
import { parseOptions } from './options/options.ts';
import type { CommandSpec } from './options/options.ts';
import { flushStandardStreams, surviveOutputErrors } from './process/standard-streams.ts';
import { didYouMean } from './options/suggest.ts';
import { VERSION } from './version.ts';
import { printable } from './waterfall/display-width.ts';

interface Command {
  spec: CommandSpec;
  run: (args: string[]) => Promise<number>;
}

/** Each command is loaded on use: the webhook needs nothing of the embedded cluster. */
const commands: Record<string, () => Promise<Command>> = {
  up: async () => import('./commands/up.ts').then((m) => ({ spec: m.upSpec, run: m.upCommand })),
  run: async () => import('./commands/run.ts').then((m) => ({ spec: m.runSpec, run: m.runCommand })),
  trace: async () => import('./commands/trace.ts').then((m) => ({ spec: m.traceSpec, run: m.traceCommand })),
  diff: async () => import('./commands/diff.ts').then((m) => ({ spec: m.diffSpec, run: m.diffCommand })),
  slowest: async () => import('./commands/slowest.ts').then((m) => ({ spec: m.slowestSpec, run: m.slowestCommand })),
  viewer: async () => import('./commands/viewer.ts').then((m) => ({ spec: m.viewerSpec, run: m.viewerCommand })),
  webhook: async () => import('./commands/webhook.ts').then((m) => ({ spec: m.webhookSpec, run: m.webhookCommand })),
  check: async () => import('./commands/check.ts').then((m) => ({ spec: m.checkSpec, run: m.checkCommand })),
  doctor: async () => import('./commands/doctor.ts').then((m) => ({ spec: m.doctorSpec, run: m.doctorCommand })),
  controller: async () =>
    import('./commands/controller.ts').then((m) => ({ spec: m.controllerSpec, run: m.controllerCommand })),
};

const completionSpec: CommandSpec = {
  name: 'completion',
  summary: 'Prints a script that completes commands and options in a shell.',
  positionals: SHELLS.join('|'),
  options: {},
  examples: [
    'source <(tektrace completion bash)',
    'source <(tektrace completion zsh)',
    'tektrace completion fish | source',
  ],
};

const allSpecs = async (): Promise<CommandSpec[]> => [
  ...(await Promise.all(Object.values(commands).map(async (load) => (await load()).spec))),
  completionSpec,
];

async function printCompletion(args: string[]): Promise<number> {
  const { positionals } = parseOptions(completionSpec, args);
  const shell = SHELLS.find((known) => known === positionals[0]);
  if (shell === undefined || positionals.length > 1)
    throw new CommandError(`expected one of ${SHELLS.join(', ')}\nSee: tektrace completion --help`);
  process.stdout.write(completionScript(shell, await allSpecs()));
  return 0;
}

const width = (): number => helpWidth(process.stdout.columns || Number(process.env.COLUMNS));

async function printHelp(name: string | undefined): Promise<number> {
  if (name === undefined) {
    process.stdout.write(overviewText(await allSpecs(), width()));
    return 0;
  }
  const { spec } = await find(name);
  process.stdout.write(helpText(spec, width()));
  return 0;
}

/** The command. Throws CommandError if there is none of that name. */
async function find(name: string): Promise<Command> {
  if (name === 'completion') return { spec: completionSpec, run: printCompletion };
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return load();
  const names = [...Object.keys(commands), 'completion', 'help', 'version'];
  const what = name.startsWith('-') ? 'there is no option' : 'no such command:';
  const known = name.startsWith('-') ? ['--help', '--version'] : names;
  throw new CommandError(`${what} ${name}${didYouMean(name, known)}\nSee: tektrace --help`);
}

/** Throws CommandError for more arguments than `most`. */
function refuseMore(args: string[], most: number): void {
  const extra = args[most];
  if (extra !== undefined) throw new CommandError(`unexpected argument ${JSON.stringify(extra)}\nSee: tektrace --help`);
}

const isHelpFlag = (arg: string): boolean => arg === '--help' || arg === '-h';
const isAboutAll = (name: string): boolean => name === 'help' || name === 'version' || isHelpFlag(name);

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    await printHelp(undefined);
    return 2;
  }
  if (isHelpFlag(name)) return printHelp(undefined);
  if (name === 'help') {
    const [about] = rest.filter((arg) => !isAboutAll(arg));
    refuseMore(rest, 1);
    return printHelp(about);
  }
  if (['--version', '-v', 'version'].includes(name)) {
    if (rest.some(isHelpFlag)) return printHelp(undefined);
    refuseMore(rest, 0);
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const command = await find(name);
  return rest.some(isHelpFlag) ? printHelp(name) : command.run(rest);
}

/** Without control sequences: messages quote files, names and answers of servers. Spaces at the beginning stay. */
const shownLine = (line: string): string => `${/^ */.exec(line)?.[0]}${printable(line)}`;

/** Prints the error in one line, with its stack only if that was asked for. Returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommandError || !logged('ended by an error', error)) {
    process.stderr.write(`tektrace: ${sentence(error).split('\n').map(shownLine).join('\n')}\n`);
    if (showsStacks() && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof Error && error.name === 'ExporterSettingsError' ? 2 : 1;
}

surviveOutputErrors();
endOnUncaughtErrors();
endWithLauncher();
process.exitCode = await main(process.argv.slice(2)).catch(explain);
await flushStandardStreams();
// Open handles of libraries (idle connections, timers) must not keep a finished command running.
process.exit();
