import { parseArgs } from 'node:util';

export const usage = `Usage: npm run conformance:api -- [--only TEXT]
       npm run conformance:api -- --fuzz N [--seed N]

Compares the embedded API server with a real kube-apiserver (programs by \`npm run peers\`, or named by envtest's variables).

  --only TEXT  compares the cases whose \`area: name\` contains TEXT (default: all)
  --fuzz N     plays N random sequences of requests and watches instead
  --seed N     the first sequence's seed (default: another one each time)

Exit: 0 all is equal, 1 something differs or could not be compared, 2 arguments that it can't do.
`;

/** What is to be compared: the cases whose `area: name` contains `only`, or so many random sequences from a seed on. */
export type Asked =
  { what: 'help' } | { what: 'cases'; only: string } | { what: 'sequences'; sequences: number; seed: number };

function wholeNumber(option: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${option} ${text}: it must be a whole number${least > 0 ? `, at least ${least}` : ''}`);
}

/** Reads the command's arguments; `seed` is the one where none is given. Throws for what it can't do. */
export function readArguments(args: string[], seed: number): Asked {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      fuzz: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return { what: 'help' };
  if (values.fuzz === undefined) {
    if (values.seed !== undefined) throw new Error('--seed: only sequences have one, give --fuzz, too');
    return { what: 'cases', only: values.only ?? '' };
  }
  if (values.only !== undefined) throw new Error('--only: it chooses cases, and --fuzz plays none');
  return {
    what: 'sequences',
    sequences: wholeNumber('fuzz', values.fuzz, 1),
    seed: values.seed === undefined ? seed : wholeNumber('seed', values.seed, 0),
  };
}
