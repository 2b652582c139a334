import { describe, expect, test } from '@jest/globals';

import {
  choice,
  durationMs,
  exporterSettings,
  httpUrl,
  parseOptions,
  port,
  sampling,
  samplingOptions,
} from '../../../../cli/options/options.ts';
import type { CommandSpec } from '../../../../cli/options/options.ts';

const spec: CommandSpec = {
  name: 'run',
  summary: 'Runs a file.',
  options: {
    file: { type: 'string', short: 'f', multiple: true, value: 'FILE', help: 'What to run.' },
    ...samplingOptions,
  },
  examples: ['tektrace run -f a.yaml'],
};

const failure = (call: () => unknown): { message: string; exitCode: number } => {
  try {
    call();
  } catch (error) {
    return error as { message: string; exitCode: number };
  }
  throw new Error('nothing was thrown');
};

describe('options', () => {
  test('are read in both forms', () => {
    expect(parseOptions(spec, ['-f', 'a', '--file=b']).values.file).toEqual(['a', 'b']);
  });

  test.each([[['--fiel', 'a']], [['-f']], [['extra']], [['--file']]])(
    '%j is an error that points to the help',
    (args) => {
      const { message, exitCode } = failure(() => parseOptions(spec, args));
      expect(exitCode).toBe(2);
      expect(message).toContain('See: tektrace run --help');
    },
  );

  test('that are mistyped give an error with the similar name', () => {
    expect(failure(() => parseOptions(spec, ['--fiel=a'])).message).toBe(
      'there is no option --fiel (did you mean --file?)\nSee: tektrace run --help',
    );
  });
});

test.each([
  [['--file'], '--file: the value is missing (--file FILE)'],
  [['-f'], '--file: the value is missing (--file FILE)'],
  [
    ['--file', '-x'],
    '--file: the value is missing (--file FILE); a value that begins with a dash is written --file=-FILE',
  ],
  [['--sample-ratio'], '--sample-ratio: the value is missing (--sample-ratio 0..1)'],
  [['--full=yes'], '--full takes no value'],
  [['-x'], 'there is no option -x'],
  [["it's"], 'unexpected argument "it\'s": run takes options only: name a file with --file FILE'],
])('%j is refused in words of the command line', (args, expected) => {
  const full: CommandSpec = {
    ...spec,
    options: { ...spec.options, full: { type: 'boolean', help: 'All.' } },
    strayHint: ': name a file with --file FILE',
  };
  expect(failure(() => parseOptions(full, args)).message).toBe(`${expected}\nSee: tektrace run --help`);
});

describe('values', () => {
  test('with an invalid port, duration, choice or share are refused by name', () => {
    for (const value of ['x', '-1', '65536', '1.5', '', ' '])
      expect(failure(() => port({ p: value }, 'p', 1)).message).toMatch(/^--p: /);
    for (const value of ['5', 'x', '5 m', ''])
      expect(failure(() => durationMs({ d: value }, 'd')).message).toMatch(/^--d: /);
    expect(failure(() => choice({ o: 'yaml' }, 'o', ['text', 'json'], 'text')).message).toBe(
      '--o: "yaml" is not one of text, json',
    );
    for (const value of ['x', '', 'localhost:16686', 'ftp://x', 'http://'])
      expect(failure(() => httpUrl({ u: value }, 'u')).message).toMatch(/^--u: .* is not a URL like http:/);
    for (const value of ['http://me:s3cret@h', 'https://s3cret@h/x']) {
      const { message } = failure(() => httpUrl({ u: value }, 'u'));
      expect(message).toMatch(/^--u: the URL has a user or password/);
      expect(message).not.toContain('s3cret');
    }
    for (const value of ['2', '-0.1', 'x', ''])
      expect(failure(() => sampling({ 'sample-ratio': value })).message).toMatch(/^--sample-ratio: /);
    for (const value of ['ci', '=1', 'ci=', 'ci=2', 'ci=0.5=1', 'ci=x'])
      expect(failure(() => sampling({ 'sample-namespace': [value] })).message).toMatch(/^--sample-namespace /);
  });

  test('are read', () => {
    expect(port({ p: '0' }, 'p', 1)).toBe(0);
    expect(port({}, 'p', 8443)).toBe(8443);
    expect(durationMs({ d: '1h30m' }, 'd')).toBe(5_400_000);
    expect(durationMs({}, 'd')).toBeUndefined();
    expect(httpUrl({ u: 'http://localhost:16686' }, 'u')).toBe('http://localhost:16686');
    expect(httpUrl({}, 'u')).toBeUndefined();
    expect(sampling({ 'sample-ratio': '0.5', 'sample-namespace': ['ci=1', 'dev=0'] })).toEqual({
      ratio: 0.5,
      namespaces: { ci: 1, dev: 0 },
    });
  });
});

describe('how spans are sent', () => {
  test('comes from the flags', () => {
    expect(exporterSettings({})).toEqual({ userAgent: expect.stringMatching(/^tektrace\/\d/) });
    expect(
      exporterSettings({
        'jaeger-collector-url': 'https://c:4317',
        exporter: 'otlp',
        'otlp-protocol': 'grpc',
        'otlp-timeout': '5s',
        'otlp-compression': 'gzip',
        'otlp-ca-file': '/ca',
        'otlp-client-cert-file': '/cert',
        'otlp-client-key-file': '/key',
        'otlp-headers-file': '/headers',
      }),
    ).toMatchObject({
      collectorUrl: 'https://c:4317',
      protocol: 'otlp',
      otlpProtocol: 'grpc',
      timeoutMs: 5000,
      compression: 'gzip',
      caFile: '/ca',
      clientCertFile: '/cert',
      clientKeyFile: '/key',
      headersFile: '/headers',
    });
  });

  test.each([
    ['exporter', 'zipkin', 'otlp, jaeger'],
    ['otlp-protocol', 'http', 'http/protobuf, http/json, grpc'],
    ['otlp-compression', 'zstd', 'gzip, none'],
    ['otlp-timeout', '5', 'not a duration'],
  ])('--%s=%s is refused with the valid values', (name, value, expected) => {
    const { message, exitCode } = failure(() => exporterSettings({ [name]: value }));
    expect(message).toContain(`--${name}: "${value}" `);
    expect(message).toContain(expected);
    expect(exitCode).toBe(2);
  });
});
