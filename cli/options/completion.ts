import { firstSentence } from './help.ts';
import { helpOption } from './options.ts';
import type { CommandSpec, OptionHelp } from './options.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What follows an option: nothing, a file, one of some words, or something else. */
type Value = { kind: 'none' | 'file' | 'other' } | { kind: 'words'; words: string[] };

function valueOf({ type, value = '' }: OptionHelp): Value {
  if (type === 'boolean') return { kind: 'none' };
  return wordsOf(value) ?? { kind: /FILE|DIR/.test(value) ? 'file' : 'other' };
}

/** Words to choose from, if the text names them: `bash|zsh`. */
const wordsOf = (text: string): Value | undefined =>
  /^[a-z/-]+(?:\|[a-z/-]+)+$/.test(text) ? { kind: 'words', words: text.split('|') } : undefined;

/** What a command takes besides options. A run may be named by its file, too. */
const argumentsOf = ({ positionals }: CommandSpec): Value =>
  positionals === undefined ? { kind: 'none' } : (wordsOf(positionals) ?? { kind: 'file' });

const optionsOf = ({ options }: CommandSpec): [string, OptionHelp][] =>
  Object.entries({ ...options, help: helpOption });

const flagsOf = ([name, { short }]: [string, OptionHelp]): string[] => [
  `--${name}`,
  ...(short === undefined ? [] : [`-${short}`]),
];

/** A text in single quotes, for any of the shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(specs: readonly CommandSpec[]): string {
  const cases = specs.map((spec) => {
    const options = optionsOf(spec);
    const values = options.flatMap((option): string[] => {
      const value = valueOf(option[1]);
      const pattern = flagsOf(option).join('|');
      if (value.kind === 'words') return [`        ${pattern}) words=${quoted(value.words.join(' '))} ;;`];
      if (value.kind === 'file') return [`        ${pattern}) files=1 ;;`];
      return value.kind === 'other' ? [`        ${pattern}) return ;;`] : [];
    });
    const flags = options.flatMap(flagsOf).filter((flag) => flag.startsWith('--'));
    const its = argumentsOf(spec);
    const rest = { none: '', other: '', file: '; files=1', words: '' }[its.kind];
    return [
      `    ${spec.name})`,
      '      case $previous in',
      ...values,
      `        *) words=${quoted(flags.join(' '))}${its.kind === 'words' ? `; rest=${quoted(its.words.join(' '))}` : rest} ;;`,
      '      esac ;;',
    ].join('\n');
  });
  const names = [...specs.map(({ name }) => name), 'help', 'version'];
  return `# Completion of tektrace for bash: source <(tektrace completion bash)
_tektrace() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= words= rest= files= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $command in
${cases.join('\n')}
    help) words=${quoted(specs.map(({ name }) => name).join(' '))} ;;
    '') words=${quoted(names.join(' '))} ;;
  esac
  [[ $current != -* && $words == --* ]] && words=$rest
  [[ $current == -* ]] && files=
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -n $files ]] && COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F _tektrace tektrace
`;
}

/** A text in an argument of _arguments: brackets and colons end it. */
const inArguments = (text: string): string => text.replaceAll(/[[\]:\\]/g, (found) => `\\${found}`);

/** Between arguments of _arguments. */
const SEPARATOR = ' \\\n        ';

function zsh(specs: readonly CommandSpec[]): string {
  const cases = specs.map((spec) => {
    const lines = optionsOf(spec).map(([name, option]) => {
      const value = valueOf(option);
      const action = { none: '', file: ':file:_files', other: ':value:', words: '' }[value.kind];
      const words = value.kind === 'words' ? `:value:(${value.words.join(' ')})` : action;
      const help = inArguments(firstSentence(option.help));
      const repeat = option.multiple ? '*' : '';
      const spelled = [`--${name}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
      return spelled.map((flag) => quoted(`${repeat}${flag}[${help}]${words}`)).join(SEPARATOR);
    });
    const its = argumentsOf(spec);
    if (its.kind === 'file') lines.push(`'*:file:_files'`);
    if (its.kind === 'words') lines.push(`'1:word:(${its.words.join(' ')})'`);
    return `    ${spec.name})\n      _arguments${SEPARATOR}${lines.join(SEPARATOR)} ;;`;
  });
  const commands = specs.map(({ name, summary }) => `    ${quoted(`${name}:${firstSentence(summary)}`)}`);
  return `#compdef tektrace
# Completion of tektrace for zsh: source <(tektrace completion zsh)
_tektrace() {
  local -a commands=(
${commands.join('\n')}
    'help:Prints the options of a command.'
    'version:Prints the version.'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
    help) _describe command commands ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _tektrace "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _tektrace tektrace
fi
`;
}

function fish(specs: readonly CommandSpec[]): string {
  const lines = specs.flatMap((spec) => [
    `complete -c tektrace -n __fish_use_subcommand -f -a ${spec.name} -d ${quoted(firstSentence(spec.summary))}`,
    ...optionsOf(spec).map(([name, option]) => {
      const value = valueOf(option);
      const how = { none: '-f', file: '-r -F', other: '-x', words: '-x' }[value.kind];
      return [
        `complete -c tektrace -n '__fish_seen_subcommand_from ${spec.name}' -l ${name}`,
        ...(option.short === undefined ? [] : [`-s ${option.short}`]),
        how,
        ...(value.kind === 'words' ? [`-a ${quoted(value.words.join(' '))}`] : []),
        `-d ${quoted(firstSentence(option.help))}`,
      ].join(' ');
    }),
  ]);
  return [
    '# Completion of tektrace for fish: tektrace completion fish | source',
    ...lines,
    ...specs.flatMap((spec) => {
      const its = argumentsOf(spec);
      const words = its.kind === 'words' ? ` -a ${quoted(its.words.join(' '))}` : '';
      return its.kind === 'file'
        ? []
        : [`complete -c tektrace -n '__fish_seen_subcommand_from ${spec.name}' -f${words}`];
    }),
    `complete -c tektrace -n '__fish_seen_subcommand_from version' -f`,
    `complete -c tektrace -n __fish_use_subcommand -f -a help -d 'Prints the options of a command.'`,
    `complete -c tektrace -n __fish_use_subcommand -f -a version -d 'Prints the version.'`,
    `complete -c tektrace -n '__fish_seen_subcommand_from help' -f -a ${quoted(specs.map(({ name }) => name).join(' '))}`,
    '',
  ].join('\n');
}

/** A script that completes the commands and options of `specs` in the shell. */
export const completionScript = (shell: Shell, specs: readonly CommandSpec[]): string =>
  ({ bash, zsh, fish })[shell](specs);
