import { describe, expect, test } from '@jest/globals';

import { durationMs, parseFlags } from '../../../../../local/node/entrypoint/flags.ts';

describe('the command line', () => {
  test('is what the controller puts into a step', () => {
    const argv =
      '-wait_file /w -wait_file_content -post_file /p -termination_path /t -step_metadata_dir /m -on_error continue -timeout 1m30s --results=a,b -step_results c -entrypoint sh -- -c --x';
    expect(parseFlags(argv.split(' '), undefined)).toMatchObject({
      waitFiles: ['/w'],
      waitFileContent: true,
      postFile: '/p',
      terminationPath: '/t',
      stepMetadataDir: '/m',
      onError: 'continue',
      timeoutMs: 90_000,
      results: ['a', 'b'],
      stepResults: ['c'],
      command: ['sh', '-c', '--x'],
    });
  });

  test.each([
    [['-nope', 'x'], 'flag provided but not defined: -nope'],
    [['-post_file'], 'flag needs an argument: -post_file'],
    [['-breakpoint_on_failure'], 'flag -breakpoint_on_failure: not supported'],
    [['-basic-git=a=b'], 'flag -basic-git: this node'],
    [['stray', '--', 'x'], 'unexpected argument "stray"'],
    [['-timeout', 'soon'], 'invalid value "soon" for flag -timeout'],
  ])('%j is refused in words', (argv, message) => {
    expect(() => parseFlags(argv, undefined)).toThrow(message);
  });

  test('an empty first word of the command stays: the next word is no program', () => {
    expect(parseFlags(['-entrypoint', '', '--', 'echo'], undefined).command).toEqual(['', 'echo']);
  });

  test("a step that relies on its image's entrypoint is refused", () => {
    expect(() => parseFlags(['--', 'arg'], '{"linux/amd64":["x"]}')).toThrow('the step has no command');
  });
});

test.each([
  ['0', 0],
  ['1.5s', 1500],
  ['1h2m3s4ms', 3_723_004],
  ['-1s', -1000],
])('the duration %s is %d ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
