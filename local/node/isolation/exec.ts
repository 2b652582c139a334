import { execFile } from 'node:child_process';

export interface ExecResult {
  exitCode: number;
  /** Standard output and error, at most MAX_OUTPUT_BYTES of each. */
  output: string;
}

const MAX_OUTPUT_BYTES = 10 * 1024;

/** Runs a command to its end, with `input` (nothing by default) as its standard input. Throws when it can't be started, or with the signal's reason when aborted. */
export function exec(
  command: string[],
  options: { env: Record<string, string>; cwd: string; signal: AbortSignal; input?: string },
): Promise<ExecResult> {
  const [file = '', ...args] = command;
  const limits = { maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' as const };
  const { input, ...settings } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { ...settings, ...limits }, (error, stdout, stderr) => {
      const code = error?.code;
      if (options.signal.aborted) reject(options.signal.reason as Error);
      else if (typeof code === 'number' || !error)
        resolve({ exitCode: code === undefined ? 0 : Number(code), output: stdout + stderr });
      else reject(new Error(error.message, { cause: error }));
    });
    child.stdin?.on('error', () => undefined); // It ended without reading: its exit code says why.
    child.stdin?.end(input);
  });
}
