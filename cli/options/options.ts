import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';

import { parseDurationMs } from '../../shared/tekton/duration.ts';
import { COMPRESSIONS, OTLP_PROTOCOLS } from '../../shared/tracing/exporters/settings.ts';
import type { ExporterSettings } from '../../shared/tracing/exporters/settings.ts';
import type { Sampling } from '../../shared/tracing/sampling.ts';
import { CommandError } from '../errors.ts';
import { didYouMean } from './suggest.ts';
import { VERSION } from '../version.ts';

export interface OptionHelp {
  /** `parseArgs` type. */
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** Placeholder of the value in the help: `FILE`, `URL`. */
  value?: string;
  help: string;
}

export interface CommandSpec {
  name: string;
  summary: string;
  /** Arguments after the options, for the usage line. */
  positionals?: string;
  options: Record<string, OptionHelp>;
  examples: string[];
  /** For a command without arguments: what to write instead of one. */
  strayHint?: string;
}

export type OptionValues = Record<string, string | boolean | string[] | undefined>;

export const helpOption: OptionHelp = { type: 'boolean', short: 'h', help: 'Show this help.' };

/** The values of a command's options. Throws CommandError (exit 2) for an unknown option, a missing value, or arguments it doesn't take. */
export function parseOptions(spec: CommandSpec, args: string[]): { values: OptionValues; positionals: string[] } {
  const config: ParseArgsOptionsConfig = {};
  for (const [name, { type, short, multiple }] of Object.entries({ ...spec.options, help: helpOption })) {
    config[name] = { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) };
  }
  try {
    return parseArgs({
      args,
      options: config,
      allowPositionals: spec.positionals !== undefined,
      strict: true,
    }) as unknown as {
      values: OptionValues;
      positionals: string[];
    };
  } catch (error) {
    throw new CommandError(`${misuse(error, spec)}\nSee: tektrace ${spec.name} --help`);
  }
}

/** Options as parseArgs' messages name them: `'-f, --file <value>'`, `'--full'`, `'-x'`. */
const NAMED_OPTION = /'(?:-\w, )?(--?[^' ]*)/;

/** What is wrong with the arguments, in words of the command line: parseArgs' messages advise programmers. */
function misuse(error: unknown, { name, options, strayHint = '' }: CommandSpec): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const [, option = ''] = NAMED_OPTION.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const names = [...Object.keys(options), 'help'].map((one) => `--${one}`);
    return `there is no option ${option}${didYouMean(option, names)}`;
  }
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    const [, argument = ''] = /'(.*)'/s.exec(message) ?? [];
    return `unexpected argument ${JSON.stringify(argument)}: ${name} takes options only${strayHint}`;
  }
  if (/does not take/.test(message)) return `${option} takes no value`;
  const { value = 'VALUE' } = options[option.slice(2)] ?? {};
  const dash = /ambiguous/.test(message) ? `; a value that begins with a dash is written ${option}=-${value}` : '';
  return `${option}: the value is missing (${option} ${value})${dash}`;
}

/** The value of an option without `multiple`; undefined if it was not given. */
export function text(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option with `multiple`, in their order. */
export function list(values: OptionValues, name: string): string[] {
  const value = values[name];
  if (typeof value === 'string') throw new TypeError(`--${name} is not declared as multiple`);
  return Array.isArray(value) ? value : [];
}

/** An http(s) URL, without user and password. Throws CommandError for anything else. */
export function httpUrl(values: OptionValues, name: string): string | undefined {
  const value = text(values, name);
  if (value !== undefined && !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    throw new CommandError(`--${name}: ${JSON.stringify(value)} is not a URL like http://HOST:PORT`);
  const { username, password } = URL.parse(value ?? '') ?? {};
  if (username || password)
    throw new CommandError(
      `--${name}: the URL has a user or password, which would be shown: leave it out (--jaeger-headers-file gives a Jaeger who you are)`,
    );
  return value;
}

/** One of `choices`. Throws CommandError naming them. */
export function choice<T extends string>(values: OptionValues, name: string, choices: readonly T[], fallback: T): T {
  const value = text(values, name) ?? fallback;
  if (!(choices as readonly string[]).includes(value))
    throw new CommandError(`--${name}: ${JSON.stringify(value)} is not one of ${choices.join(', ')}`);
  return value as T;
}

/** A TCP port; 0 for any free one. Throws CommandError for what is none. */
export function port(values: OptionValues, name: string, fallback: number): number {
  const value = text(values, name);
  const number = value === undefined ? fallback : Number(value);
  if (value?.trim() === '' || !Number.isInteger(number) || number < 0 || number > 65_535)
    throw new CommandError(`--${name}: ${JSON.stringify(value)} is not a port: give a number from 0 to 65535`);
  return number;
}

export const jaegerUiOption: OptionHelp = {
  type: 'string',
  value: 'URL',
  help: 'Where a browser finds Jaeger, for links from each trace: http://localhost:16686.',
};

/** The address for links into Jaeger, without a slash at its end. */
export const jaegerUiUrl = (values: OptionValues): string | undefined =>
  httpUrl(values, 'jaeger-ui-url')?.replace(/\/+$/, '');

/** A whole number of at least 1. Throws CommandError for another one. */
export function count(values: OptionValues, name: string, fallback: number): number {
  const value = text(values, name);
  const number = value === undefined ? fallback : Number(value);
  if (value?.trim() === '' || !Number.isSafeInteger(number) || number < 1)
    throw new CommandError(`--${name}: ${JSON.stringify(value)} is not a number of at least 1`);
  return number;
}

/** A duration as Tekton writes it, in milliseconds; undefined if it was not given. Throws CommandError for what is none. */
export function durationMs(values: OptionValues, name: string): number | undefined {
  const value = text(values, name);
  const ms = parseDurationMs(value);
  if (value !== undefined && ms === undefined)
    throw new CommandError(`--${name}: ${JSON.stringify(value)} is not a duration (like 90s, 5m, 1h30m)`);
  return ms;
}

export const fullOption: OptionHelp = {
  type: 'boolean',
  help: 'Draw the steps of each task, also in a run of more than ten tasks.',
};

/** Options of commands that follow runs. */
export const viewOptions: Record<string, OptionHelp> = {
  progress: {
    type: 'string',
    value: 'auto|plain',
    help: 'auto: a tree of tasks and steps at a terminal, with the lines of steps that fail. plain: every\nline of every step (default auto; without a terminal it is plain).',
  },
  full: fullOption,
};

/** Throws CommandError for another value of --progress. */
export const viewSettings = (values: OptionValues): { isFull: boolean; isPlain: boolean } => ({
  isFull: values['full'] === true,
  isPlain: choice(values, 'progress', ['auto', 'plain'], 'auto') === 'plain',
});

export const exporterOptions: Record<string, OptionHelp> = {
  'jaeger-collector-url': {
    type: 'string',
    value: 'URL',
    help: 'Where spans go: http://HOST:4318/v1/traces (OTLP), http://HOST:4317 (OTLP over gRPC)\nor http://HOST:14268/api/traces (Thrift). Wins over OTEL_EXPORTER_OTLP_ENDPOINT.',
  },
  exporter: { type: 'string', value: 'otlp|jaeger', help: 'The protocol, if the URL does not show it.' },
  'otlp-protocol': { type: 'string', value: 'PROTOCOL', help: 'http/protobuf, http/json or grpc.' },
  'otlp-timeout': { type: 'string', value: 'D', help: 'Timeout of one export (default 10s; 0s = no limit).' },
  'otlp-compression': { type: 'string', value: 'gzip|none', help: 'Compression of exports (default none).' },
  'otlp-ca-file': {
    type: 'string',
    value: 'FILE',
    help: 'PEM: authorities that may sign the collector’s certificate.',
  },
  'otlp-client-cert-file': { type: 'string', value: 'FILE', help: 'PEM: the client certificate.' },
  'otlp-client-key-file': { type: 'string', value: 'FILE', help: 'PEM: its key, without a passphrase.' },
  'otlp-headers-file': { type: 'string', value: 'FILE', help: 'Headers of each export: NAME=VALUE, one per line.' },
};

/** The settings of the exporter flags. Throws CommandError for an invalid value; `createSink` checks URL and files. */
export function exporterSettings(values: OptionValues): ExporterSettings {
  const oneOf = <T extends string>(name: string, choices: readonly [T, ...T[]]): T | undefined =>
    text(values, name) === undefined ? undefined : choice(values, name, choices, choices[0]);
  const settings: { [K in keyof ExporterSettings]: ExporterSettings[K] | undefined } = {
    collectorUrl: text(values, 'jaeger-collector-url'),
    protocol: oneOf('exporter', ['otlp', 'jaeger']),
    otlpProtocol: oneOf('otlp-protocol', OTLP_PROTOCOLS),
    timeoutMs: durationMs(values, 'otlp-timeout'),
    compression: oneOf('otlp-compression', COMPRESSIONS),
    caFile: text(values, 'otlp-ca-file'),
    clientCertFile: text(values, 'otlp-client-cert-file'),
    clientKeyFile: text(values, 'otlp-client-key-file'),
    headersFile: text(values, 'otlp-headers-file'),
    userAgent: `tektrace/${VERSION}`,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

export const samplingOptions: Record<string, OptionHelp> = {
  'sample-ratio': { type: 'string', value: '0..1', help: 'Share of the runs that are sampled (default 1).' },
  'sample-namespace': {
    type: 'string',
    multiple: true,
    value: 'NS=0..1',
    help: 'Another share for one namespace; may be repeated.',
  },
};

function ratio(textValue: string, option: string): number {
  const value = Number(textValue);
  if (textValue.trim() === '' || !(value >= 0 && value <= 1))
    throw new CommandError(`${option}: ${JSON.stringify(textValue)} is not a share between 0 and 1`);
  return value;
}

/** The shares of runs that are sampled. Throws CommandError for a share that is not from 0 to 1. */
export function sampling(values: OptionValues): Sampling {
  const namespaces = list(values, 'sample-namespace').map((pair): [string, number] => {
    const [, namespace, share] = /^([^=]+)=([^=]*)$/.exec(pair) ?? [];
    if (namespace === undefined || share === undefined)
      throw new CommandError(`--sample-namespace ${JSON.stringify(pair)}: expected NAMESPACE=SHARE`);
    return [namespace, ratio(share, `--sample-namespace ${pair}`)];
  });
  return {
    ratio: ratio(text(values, 'sample-ratio') ?? '1', '--sample-ratio'),
    namespaces: Object.fromEntries(namespaces),
  };
}
