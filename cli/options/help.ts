import { helpOption } from './options.ts';
import type { CommandSpec, OptionHelp } from './options.ts';
import { wrap } from '../text/wrap.ts';

/** Texts in longer lines are hard to read. */
const MAX_WIDTH = 120;
const MIN_WIDTH = 40;
/** Where the texts of options begin, and from which width on: below it they are under their options. */
const TEXT_AT = 37;
const SIDE_BY_SIDE = 80;
const NARROW_TEXT_AT = 8;

/** The width of help, from the columns of the terminal. */
export const helpWidth = (columns: number | undefined): number =>
  Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns || 100));

/** The text of a summary or of an option, without its line breaks. */
const plain = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

/** Its first sentence. */
export const firstSentence = (text: string): string => /^.*?[.](?= |$)/.exec(plain(text))?.[0] ?? plain(text);

function optionLines(name: string, { short, value, help }: OptionHelp, width: number): string[] {
  const left = `  ${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
  const at = width < SIDE_BY_SIDE ? NARROW_TEXT_AT : TEXT_AT;
  const text = wrap(plain(help), width - at, { keepWords: true }).map((line) => ' '.repeat(at) + line);
  // A long name gets its own line, so that the texts stay aligned.
  return left.length < at ? [left + (text[0] ?? '').slice(left.length), ...text.slice(1)] : [left, ...text];
}

/** The text of `--help`, in lines that fit into `width`, unless a word or an example is longer. */
export function helpText(spec: CommandSpec, width: number): string {
  const { name, summary, positionals, options, examples } = spec;
  return [
    ...wrap(plain(summary), width, { keepWords: true }),
    '',
    `Usage: tektrace ${name} [options]${positionals ? ` ${positionals}` : ''}`,
    '',
    'Options:',
    ...Object.entries({ ...options, help: helpOption }).flatMap(([option, help]) => optionLines(option, help, width)),
    ...(examples.length > 0 ? ['', 'Examples:', ...examples.map((example) => `  ${example}`)] : []),
    '',
  ].join('\n');
}

/** The text of `tektrace --help`: each command with the first sentence of its summary. */
export function overviewText(specs: readonly Pick<CommandSpec, 'name' | 'summary'>[], width: number): string {
  const at = 2 + Math.max(...specs.map(({ name }) => name.length)) + 2;
  const lines = specs.flatMap(({ name, summary }) => {
    const [start = '', ...more] = wrap(firstSentence(summary), width - at, { keepWords: true });
    return [`  ${name}`.padEnd(at) + start, ...more.map((line) => ' '.repeat(at) + line)];
  });
  return [
    'Distributed tracing for Tekton Tasks and Pipelines.',
    '',
    'Usage: tektrace COMMAND [options]',
    '',
    'Commands:',
    ...lines,
    '',
    ...wrap('tektrace help COMMAND prints its options, tektrace version the version.', width),
    '',
  ].join('\n');
}
