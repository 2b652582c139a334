import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

import { isolation } from '../../support/isolations.ts';

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What root is told at the start where namespaces do not work; tests that look for other warnings don't see it. */
const ROOT_WARNING = /^.*steps run without isolation: they are root.*\n/m;

/** Where namespaces do not work, root has to ask for plain isolation by name. */
export const withIsolation = (args: string[]): string[] =>
  ['up', 'run'].includes(args[0] ?? '') &&
  isolation === 'plain' &&
  !args.includes('--isolation') &&
  !args.includes('--kubeconfig')
    ? [...args, '--isolation', isolation]
    : args;

export interface CliOptions {
  env?: Record<string, string>;
  input?: string;
}

/** Starts the program as its users do: a process of its own. */
export function startCli(args: string[], { env = {} }: CliOptions = {}): ChildProcess & { output: () => CliResult } {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'cli/main.ts', ...withIsolation(args)],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', ...env },
    },
  );
  const result: CliResult = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (result.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (result.stderr += data.toString()));
  child.on('exit', (code) => (result.code = code));
  return Object.assign(child, { output: () => ({ ...result, stderr: result.stderr.replace(ROOT_WARNING, '') }) });
}

/** Runs the program to its end. */
export async function cli(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin?.end(options.input ?? '');
  await new Promise((resolve) => child.once('close', resolve));
  return child.output();
}
