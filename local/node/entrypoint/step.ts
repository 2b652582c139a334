import fs from 'node:fs';
import path from 'node:path';

import { runCommand, StartError } from './command.ts';
import type { EntrypointFlags } from './flags.ts';
import { mapPath, mapPaths } from './path-map.ts';
import type { PathMap } from './path-map.ts';
import { allows, substitute, substituteCommand } from './substitution.ts';
import { addToMessage, MessageLengthError, startedAt } from './termination.ts';
import type { RunResult } from './termination.ts';
import { SkipError, waitForFile } from './wait.ts';
import { locateWorkingDirectory } from './working-directory.ts';
import type { WorkingDirectory } from './working-directory.ts';
import { writeFileNamed } from './write.ts';

export interface StepContext {
  flags: EntrypointFlags;
  env: NodeJS.ProcessEnv;
  map: PathMap;
  /** The step's working directory; default: this process's. */
  workingDirectory: WorkingDirectory | undefined;
  /** Aborts to end the step at once. */
  end: AbortSignal;
  log: (message: string) => void;
  now: () => Date;
}

class Cancelled extends Error {}
class DeadlineExceeded extends Error {}

type Outcome = { exitCode: number; post: 'out' | 'err'; reason?: string; exitCodeFile?: string; ignored?: boolean };

const reason = (value: string): RunResult => ({ key: 'Reason', value, type: 3 });

function post(file: string, failed: boolean): void {
  if (file === '') return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeFileNamed(failed ? `${file}.err` : file, '');
}

/** In `plain` a script contains the Pod's paths: a copy with this machine's paths runs instead. */
function localScript(command: string[], map: PathMap): string[] {
  const [program = '', ...args] = command;
  const scripts = mapPath('/tekton/scripts', map);
  if (Object.keys(map).length === 0 || path.dirname(program) !== scripts) return command;
  const text = fs.readFileSync(program, 'utf8');
  const copy = path.join(mapPath('/tmp', map), `.${path.basename(program)}`);
  writeFileNamed(copy, mapPaths(text, map), 0o755);
  return [copy, ...args];
}

async function runWithin(context: StepContext, command: string[]): Promise<number> {
  const { flags, env, map } = context;
  const abort = new AbortController();
  const watch = new AbortController();
  const cancelFile = mapPath('/tekton/downward/cancel', map);
  const timer =
    flags.timeoutMs > 0
      ? setTimeout(() => abort.abort(new DeadlineExceeded('context deadline exceeded')), flags.timeoutMs)
      : undefined;
  if (fs.existsSync(path.dirname(cancelFile))) {
    void waitForFile(cancelFile, true, watch.signal).then(
      () => abort.abort(new Cancelled('context canceled')),
      () => undefined,
    );
  }
  try {
    return await runCommand(command, {
      env,
      stdoutPath: flags.stdoutPath,
      stderrPath: flags.stderrPath,
      pipeDirectory: mapPath('/tmp', map),
      signal: AbortSignal.any([abort.signal, context.end]),
    });
  } finally {
    clearTimeout(timer);
    watch.abort();
  }
}

async function execute(context: StepContext): Promise<Outcome> {
  const { flags, map, log } = context;
  const stepsDir = mapPath('/tekton/steps', map);
  try {
    if (flags.timeoutMs < 0) throw new Error('negative timeout specified');
    for (const [name, value] of Object.entries(context.env)) context.env[name] = substitute(value ?? '', stepsDir);
    const command = substituteCommand(flags.command, stepsDir);
    if (!allows(flags.whenExpressions, stepsDir)) {
      log('Step was skipped due to when expressions were evaluated to false.');
      return { exitCode: 0, post: 'out', reason: 'Skipped', exitCodeFile: '0' };
    }
    if (command.length === 0) return { exitCode: 0, post: 'out', exitCodeFile: '0' };
    // Not earlier: a step before may create it.
    if (context.workingDirectory) process.chdir(locateWorkingDirectory(context.workingDirectory));
    const exitCode = await runWithin(context, localScript(command, map));
    if (exitCode === 0) return { exitCode, post: 'out', exitCodeFile: '0' };
    if (flags.onError === 'continue') return { exitCode, post: 'out', exitCodeFile: String(exitCode), ignored: true };
    return { exitCode, post: 'err' };
  } catch (error) {
    if (error instanceof Cancelled) {
      log('Step was cancelled');
      return { exitCode: 9, post: 'err', reason: 'Cancelled', exitCodeFile: 'killed' };
    }
    log(error instanceof DeadlineExceeded ? error.message : `Error executing command: ${(error as Error).message}`);
    if (error instanceof DeadlineExceeded) return { exitCode: 1, post: 'err', reason: 'TimeoutExceeded' };
    return { exitCode: error instanceof StartError ? error.exitCode : 1, post: 'err' };
  }
}

/** Each named file below `directory` that the step wrote. */
function readResults(names: string[], directory: string, type: 1 | 4): RunResult[] {
  return names
    .map((name) => ({ name, file: path.join(directory, name) }))
    .filter(({ file }) => fs.existsSync(file))
    .map(({ name, file }) => ({ key: name, value: fs.readFileSync(file, 'utf8'), type }));
}

function readArtifacts(context: StepContext): RunResult[] {
  const files: [string, 5 | 6][] = [
    [path.join(context.flags.stepMetadataDir, 'artifacts', 'provenance.json'), 5],
    [mapPath('/tekton/artifacts/provenance.json', context.map), 6],
  ];
  return files
    .filter(([file]) => fs.existsSync(file))
    .map(([file, type]) => ({ key: file, value: fs.readFileSync(file, 'utf8'), type }));
}

function collect(context: StepContext): RunResult[] {
  const { flags, map } = context;
  if (flags.resultFrom !== 'termination-message') return [];
  return [
    ...readResults(flags.results, mapPath('/tekton/results', map), 1),
    ...readResults(flags.stepResults, path.join(flags.stepMetadataDir, 'results'), 4),
    ...readArtifacts(context),
  ];
}

/** Waits for the step's turn. False when the step before failed: then this one is marked as skipped. */
async function waitForTurn(context: StepContext, entries: RunResult[]): Promise<boolean> {
  const { flags } = context;
  const stop = (): void => process.exit(128 + 15); // As process 1 of its namespace it would otherwise ignore the signal.
  process.once('SIGTERM', stop);
  try {
    for (const file of flags.waitFiles) await waitForFile(file, flags.waitFileContent);
    return true;
  } catch (error) {
    post(flags.postFile, true);
    entries.push(startedAt(context.now()));
    if (!(error instanceof SkipError)) throw error;
    entries.push(reason('Skipped'));
    context.log('Skipping step because a previous step failed');
    return false;
  } finally {
    process.off('SIGTERM', stop);
  }
}

/** Runs one step from its wait file to its post file and writes its termination message. Resolves with the exit code. */
export async function runStep(context: StepContext): Promise<number> {
  const { flags, log } = context;
  const entries: RunResult[] = [];
  let exitCode = 1;
  try {
    if (flags.stepMetadataDir !== '') {
      for (const name of ['results', 'artifacts'])
        fs.mkdirSync(path.join(flags.stepMetadataDir, name), { recursive: true });
    }
    if (await waitForTurn(context, entries)) {
      entries.push(startedAt(context.now()));
      const outcome = await execute(context);
      exitCode = outcome.ignored ? 0 : outcome.exitCode;
      if (outcome.reason !== undefined) entries.push(reason(outcome.reason));
      if (outcome.ignored) entries.push({ key: 'ExitCode', value: String(outcome.exitCode), type: 3 });
      if (outcome.exitCodeFile !== undefined && flags.stepMetadataDir !== '')
        writeFileNamed(path.join(flags.stepMetadataDir, 'exitCode'), outcome.exitCodeFile);
      post(flags.postFile, outcome.post === 'err');
      addToMessage(flags.terminationPath, collect(context), flags.compress);
    }
  } catch (error) {
    log(error instanceof MessageLengthError ? error.message : `Error executing command: ${(error as Error).message}`);
    exitCode = 1;
  }
  addToMessage(flags.terminationPath, entries, flags.compress);
  return exitCode;
}
