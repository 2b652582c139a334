import { execFileSync } from 'node:child_process';

import { describe, expect, test } from '@jest/globals';

import { completionScript } from '../../../../cli/options/completion.ts';
import type { CommandSpec } from '../../../../cli/options/options.ts';

const specs: CommandSpec[] = [
  {
    name: 'run',
    summary: "Runs a file's objects.",
    positionals: '[FILE…]',
    options: {
      file: { type: 'string', short: 'f', multiple: true, value: 'FILE', help: 'What to run [a: b].' },
      output: { type: 'string', short: 'o', value: 'text|json', help: 'How.' },
      timeout: { type: 'string', value: 'D', help: 'When it’s cancelled.' },
      full: { type: 'boolean', help: 'All.' },
    },
    examples: [],
  },
  { name: 'trace', summary: 'Draws.', options: {}, examples: [] },
  { name: 'completion', summary: 'Prints.', positionals: 'bash|zsh', options: {}, examples: [] },
];

/** What bash offers after these words, of which the last is not finished; in a directory with a file `a.yaml`. */
function offered(...words: string[]): string[] {
  const script = `
    cd "$(mktemp -d)" && touch a.yaml && trap 'rm -r "$PWD"' EXIT
    ${completionScript('bash', specs)}
    COMP_WORDS=(tektrace "$@"); COMP_CWORD=$#
    _tektrace
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  test.each([
    [[''], ['run', 'trace', 'completion', 'help', 'version']],
    [['tr'], ['trace']],
    [
      ['help', ''],
      ['run', 'trace', 'completion'],
    ],
    [
      ['run', '--f'],
      ['--file', '--full'],
    ],
    [['run', '-f', ''], ['a.yaml']],
    [['run', ''], ['a.yaml']],
    [
      ['run', '--output', ''],
      ['text', 'json'],
    ],
    [['run', '-o', 'j'], ['json']],
    [['run', '--timeout', ''], []],
    [['run', '--full', '--o'], ['--output']],
    [['trace', '--h'], ['--help']],
    [['trace', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh'],
    ],
    [['completion', '-'], ['--help']],
  ])('%j is completed to %j', (words, offers) => {
    expect(offered(...words)).toEqual(offers);
  });
});

test('the scripts for zsh and fish have every command and option, with the words of a choice', () => {
  const zsh = completionScript('zsh', specs);
  expect(zsh).toContain(`'run:Runs a file'\\''s objects.'`);
  expect(zsh).toContain(`'*--file[What to run \\[a\\: b\\].]:file:_files'`);
  expect(zsh).toContain(`'--output[How.]:value:(text json)'`);
  expect(zsh).toContain(`'-o[How.]:value:(text json)'`);
  const fish = completionScript('fish', specs);
  expect(fish).toContain(`complete -c tektrace -n __fish_use_subcommand -f -a trace -d 'Draws.'`);
  expect(fish).toContain(
    `complete -c tektrace -n '__fish_seen_subcommand_from run' -l output -s o -x -a 'text json' -d 'How.'`,
  );
  expect(zsh).toContain(
    "    trace)\n      _arguments \\\n        '--help[Show this help.]' \\\n        '-h[Show this help.]' ;;",
  );
  expect(zsh).toContain("'1:word:(bash zsh)' ;;");
  expect(fish).toContain("complete -c tektrace -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh'");
});
