/** The entrypoint's flags; names and meaning are upstream's (`cmd/entrypoint`). */
export interface EntrypointFlags {
  waitFiles: string[];
  waitFileContent: boolean;
  postFile: string;
  terminationPath: string;
  stepMetadataDir: string;
  onError: string;
  timeoutMs: number;
  results: string[];
  stepResults: string[];
  resultFrom: string;
  stdoutPath: string;
  stderrPath: string;
  whenExpressions: string;
  compress: boolean;
  command: string[];
}

export class UsageError extends Error {}

const BOOLEAN = [
  'wait_file_content',
  'breakpoint_on_failure',
  'debug_before_step',
  'compress_termination_message',
  'enable_spire',
];
const STRING = [
  'wait_file',
  'post_file',
  'termination_path',
  'step_metadata_dir',
  'on_error',
  'timeout',
  'results',
  'step_results',
  'result_from',
  'stdout_path',
  'stderr_path',
  'when_expressions',
  'entrypoint',
];
const CREDENTIALS = ['basic-docker', 'basic-git', 'ssh-git', 'docker-config', 'docker-cfg'];
const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A Go duration (`1h2m3.5s`) in milliseconds. Throws UsageError for anything else. */
export function durationMs(text: string): number {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  const sign = text.startsWith('-') ? -1 : 1;
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.replace(/^[-+]/, '')) {
    throw new UsageError(`invalid value "${text}" for flag -timeout: not a duration such as 90s or 1h30m`);
  }
  return sign * parts.reduce((sum, [, value, unit]) => sum + Number(value) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

const list = (value: string | undefined): string[] => (value ?? '').split(',').filter((entry) => entry !== '');

function parse(args: string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(arg);
    if (!match) throw new UsageError(`unexpected argument "${arg}" before --`);
    const name = match[1] ?? '';
    if (CREDENTIALS.includes(name)) {
      throw new UsageError(
        `flag -${name}: this node's entrypoint does not initialize credentials; mount the Secret in the step`,
      );
    }
    if (BOOLEAN.includes(name)) values.set(name, match[2] ?? 'true');
    else if (!STRING.includes(name)) throw new UsageError(`flag provided but not defined: -${name}`);
    else if (match[2] !== undefined) values.set(name, match[2]);
    else {
      i++;
      if (i >= args.length) throw new UsageError(`flag needs an argument: -${name}`);
      values.set(name, args[i] ?? '');
    }
  }
  return values;
}

/** Refuses unsupported flags before the step runs. */
function refuseUnsupported(values: Map<string, string>): void {
  for (const name of ['breakpoint_on_failure', 'debug_before_step', 'enable_spire']) {
    if (values.get(name) === 'true') throw new UsageError(`flag -${name}: not supported by this node's entrypoint`);
  }
}

/** Parses `[flags] -- command args`. Throws UsageError with upstream's wording where there is one. */
export function parseFlags(argv: string[], platformCommands: string | undefined): EntrypointFlags {
  const end = argv.indexOf('--');
  const values = parse(end < 0 ? argv : argv.slice(0, end));
  refuseUnsupported(values);
  const entrypoint = values.get('entrypoint');
  if (entrypoint === undefined && platformCommands !== undefined) {
    throw new UsageError(
      "the step has no command: this node has no image store to take the image's entrypoint from; give the step a command or a script",
    );
  }
  const command = [...(entrypoint === undefined ? [] : [entrypoint]), ...(end < 0 ? [] : argv.slice(end + 1))];
  return {
    waitFiles: list(values.get('wait_file')),
    waitFileContent: values.get('wait_file_content') === 'true',
    postFile: values.get('post_file') ?? '',
    terminationPath: values.get('termination_path') ?? '/tekton/termination',
    stepMetadataDir: values.get('step_metadata_dir') ?? '',
    onError: values.get('on_error') ?? '',
    timeoutMs: values.has('timeout') ? durationMs(values.get('timeout') ?? '') : 0,
    results: list(values.get('results')),
    stepResults: list(values.get('step_results')),
    resultFrom: values.get('result_from') ?? 'termination-message',
    stdoutPath: values.get('stdout_path') ?? '',
    stderrPath: values.get('stderr_path') ?? '',
    whenExpressions: values.get('when_expressions') ?? '',
    compress: values.get('compress_termination_message') === 'true',
    command,
  };
}
