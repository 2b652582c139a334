import type { Json } from '../harness/client.ts';
import type { Outcome } from './compare.ts';
import { shown } from './step.ts';
import type { Step } from './step.ts';

/** A difference between the servers, in the shortest sequence that was found to show it. */
export interface Finding {
  seed: number;
  steps: Step[];
  outcome: Outcome;
  /** Seen once, and not again when the same sequence was played anew. */
  unsteady?: boolean;
}

const MAX_ANSWER_LENGTH = 1500;

function answerAt(recording: Json[], index: number): string {
  const text = JSON.stringify(recording[index] ?? 'nothing');
  return text.length > MAX_ANSWER_LENGTH ? `${text.slice(0, MAX_ANSWER_LENGTH)} …` : text;
}

/** The finding as text: its seed, its requests, where the answers differ, and the answers. */
export function reportOf({ seed, steps, outcome, unsteady = false }: Finding): string {
  const indexes = new Set(outcome.differences.map((one) => Number(/^\/(\d+)/.exec(one)?.[1] ?? 0)));
  return [
    `seed ${seed}${unsteady ? ' (not seen again when it was played anew)' : ''}: npm run conformance:api -- --fuzz 1 --seed ${seed}`,
    ...steps.map((step) => `    ${shown(step)}`),
    '  embedded ≠ real, by the position of the step:',
    ...outcome.differences.map((one) => `    ${one}`),
    ...[...indexes].flatMap((index) => [
      `  embedded: ${answerAt(outcome.embedded, index)}`,
      `  real:     ${answerAt(outcome.real, index)}`,
    ]),
  ].join('\n');
}
