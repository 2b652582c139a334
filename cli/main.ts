import { logged } from './error-log.ts';
import { CommandError, sentence } from './errors.ts';
import { endOnUncaughtErrors } from './last-resort.ts';
import { endWithLauncher } from './launcher-watch.ts';
import { showsStacks } from './log-options.ts';
import { helpText } from './options.ts';
import type { CommandSpec } from './options.ts';
import { flushStandardStreams, surviveOutputErrors } from './standard-streams.ts';
import { didYouMean } from './suggest.ts';
import { VERSION } from './version.ts';

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
  controller: async () =>
    import('./commands/controller.ts').then((m) => ({ spec: m.controllerSpec, run: m.controllerCommand })),
};

async function overview(): Promise<string> {
  const specs = await Promise.all(Object.values(commands).map(async (load) => (await load()).spec));
  const lines = specs.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary.split('\n')[0]}`);
  return [
    'Distributed tracing for Tekton Tasks and Pipelines.',
    '',
    'Usage: tektrace COMMAND [options]',
    '',
    'Commands:',
    ...lines,
    '',
    'tektrace COMMAND --help prints its options. tektrace --version prints the version.',
    '',
  ].join('\n');
}

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(await overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load)
    throw new CommandError(`no such command: ${name}${didYouMean(name, Object.keys(commands))}\nSee: tektrace --help`);
  const command = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpText(command.spec));
    return 0;
  }
  return command.run(rest);
}

/** Prints the error in one line, with its stack only if that was asked for. Returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommandError || !logged('ended by an error', error)) {
    process.stderr.write(`tektrace: ${sentence(error)}\n`);
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
