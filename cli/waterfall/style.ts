import type { Result } from '../../local/viewer/classify.ts';

type Colour = 'green' | 'red' | 'yellow' | 'magenta' | 'cyan' | 'dim' | 'bold';

const SGR: Record<Colour, string> = {
  green: '32',
  red: '31',
  yellow: '33',
  magenta: '35',
  cyan: '36',
  dim: '2',
  bold: '1',
};

/** Characters and colours that depend on the terminal. */
export interface Style {
  paint(colour: Colour | undefined, text: string): string;
  full: string;
  half: string;
  wait: string;
  line: string;
  branch: string;
  last: string;
  pipe: string;
  ellipsis: string;
  dot: string;
  /** Between the parts of a name: `unit-test › jest`. */
  arrow: string;
  /** Before what follows from the line above. */
  leadsTo: string;
  minus: string;
  /** The mark of what has ended well, where that is said. */
  done: string;
  /** Before a line of a log. */
  bar: string;
  /** What turns while something runs. */
  spinner: readonly string[];
  marks: Record<Result, string>;
}

const ascii: Omit<Style, 'paint'> = {
  full: '=',
  half: '|',
  wait: '.',
  line: '-',
  branch: '|- ',
  last: '`- ',
  pipe: '|  ',
  ellipsis: '..',
  dot: ' - ',
  arrow: '>',
  leadsTo: '->',
  minus: '-',
  done: '+',
  bar: '|',
  spinner: ['|', '/', '-', '\\'],
  marks: {
    success: ' ',
    none: ' ',
    failure: 'x',
    error: '!',
    timeout: 'T',
    cancellation: 'c',
    skip: '-',
    running: '~',
  },
};

const unicode: Omit<Style, 'paint'> = {
  full: '█',
  half: '▏',
  wait: '░',
  line: '─',
  branch: '├ ',
  last: '└ ',
  pipe: '│ ',
  ellipsis: '…',
  dot: ' · ',
  arrow: '›',
  leadsTo: '→',
  minus: '−',
  done: '✓',
  bar: '│',
  spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'],
  marks: {
    success: ' ',
    none: ' ',
    failure: '✗',
    error: '!',
    timeout: '◷',
    cancellation: '⊘',
    skip: '–',
    running: '~',
  },
};

/** The characters and colours of a terminal: without `unicode` ASCII only, without `color` no escape sequence. */
export function createStyle(options: { color: boolean; unicode: boolean }): Style {
  const paint = (colour: Colour | undefined, text: string): string =>
    options.color && colour && text.trim() !== '' ? `\u001b[${SGR[colour]}m${text}\u001b[0m` : text;
  return { ...(options.unicode ? unicode : ascii), paint };
}

/** The colour of a result; undefined for the terminal's own. */
export function colourOf(result: Result): Colour | undefined {
  const colours: Partial<Record<Result, Colour>> = {
    success: 'green',
    failure: 'red',
    error: 'red',
    timeout: 'magenta',
    cancellation: 'yellow',
    skip: 'dim',
  };
  return colours[result];
}
