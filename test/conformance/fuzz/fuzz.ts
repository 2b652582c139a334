import { placeOf } from './compare.ts';
import type { Outcome } from './compare.ts';
import { generateSequence } from './generate.ts';
import { minimise } from './minimise.ts';
import type { Finding } from './report.ts';
import type { Step } from './step.ts';

export interface FuzzOptions {
  /** The first sequence's; the next ones have the seeds after it. */
  seed: number;
  sequences: number;
  /** Sequences played at once. */
  concurrency: number;
  /** Ends when so many different findings are there. */
  maxFindings: number;
  compare: (steps: Step[]) => Promise<Outcome>;
  onFinding?: (finding: Finding) => void;
}

export interface FuzzResult {
  sequences: number;
  requests: number;
  findings: Finding[];
  /** Seeds whose sequences show what an earlier finding shows already. */
  repeated: number[];
}

const MAX_TRIES = 400;
const CONFIRMATIONS = 3;

/** Without what sets one occurrence apart from another: where in the sequence, and numbers. */
const signatureOf = ([first = '']: string[]): string => first.replace(/^\/\d+/, '').replaceAll(/\d+/g, 'N');

async function smallest(
  seed: number,
  steps: Step[],
  first: Outcome,
  compare: FuzzOptions['compare'],
): Promise<Finding> {
  const place = placeOf(first.differences[0] ?? '');
  const shows = async (tried: Step[]): Promise<boolean> => {
    const { differences } = await compare(tried);
    return differences.some((one) => placeOf(one) === place);
  };
  for (let tries = 0; !(await shows(steps)); tries++)
    if (tries === CONFIRMATIONS) return { seed, steps, outcome: first, unsteady: true };
  const minimal = await minimise(steps, shows, { maxTries: MAX_TRIES, concurrency: 4 });
  const outcome = await compare(minimal);
  if (outcome.differences.length === 0) return { seed, steps, outcome: first, unsteady: true };
  return { seed, steps: minimal, outcome };
}

/** Plays generated sequences on both servers, several at once, and makes the shortest of each one that they answer differently. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, sequences, concurrency, maxFindings, compare, onFinding } = options;
  const result: FuzzResult = { sequences: 0, requests: 0, findings: [], repeated: [] };
  const signatures = new Set<string>();
  let next = seed;
  const one = async (current: number): Promise<void> => {
    const steps = generateSequence(current);
    const outcome = await compare(steps);
    result.sequences += 1;
    result.requests += steps.length;
    if (outcome.differences.length === 0) return;
    const signature = signatureOf(outcome.differences);
    if (signatures.has(signature)) {
      result.repeated.push(current);
      return;
    }
    signatures.add(signature);
    const finding = await smallest(current, steps, outcome, compare);
    result.findings.push(finding);
    onFinding?.(finding);
  };
  const worker = async (): Promise<void> => {
    while (next < seed + sequences && result.findings.length < maxFindings) await one(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return result;
}
