import type { Json } from '../harness/client.ts';
import { keptKeys, withValue } from './bodies.ts';
import type { Step } from './step.ts';

/** Whether a sequence still shows what is looked for. */
export type Shows = (steps: Step[]) => Promise<boolean>;

export interface MinimiseOptions {
  maxTries: number;
  /** Sequences tried at once. */
  concurrency: number;
}

function* withoutSteps(steps: Step[]): Generator<Step[]> {
  const half = Math.floor(steps.length / 2);
  if (half > 1) {
    yield steps.slice(0, half);
    yield steps.slice(half);
  }
  for (let index = steps.length - 1; index >= 0; index--) if (steps.length > 1) yield steps.toSpliced(index, 1);
}

/** A collection without a selector is another matter: controllers make its furniture again, in their own time. */
const isNarrowed = ({ method, path }: Step, key: string): boolean =>
  method === 'DELETE' && !path.includes('/') && key.endsWith('Selector');

function* parts(value: Json): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  for (const key of keys) if (!keptKeys.has(String(key))) yield withValue(value, [key], undefined);
  for (const key of keys) for (const smaller of parts(value[key])) yield withValue(value, [key], smaller);
}

function* smallerSteps(step: Step): Generator<Step> {
  const { accept, contentType, from, query = {}, body } = step;
  if (accept !== undefined) yield without(step, 'accept');
  if (contentType !== undefined && step.method !== 'PATCH') yield without(step, 'contentType');
  if (from !== undefined) yield without(step, 'from');
  if (body !== undefined && step.method === 'DELETE') yield without(step, 'body');
  for (const key of Object.keys(query))
    if (!isNarrowed(step, key))
      yield { ...step, query: Object.fromEntries(Object.entries(query).filter(([name]) => name !== key)) };
  for (const smaller of parts(body)) yield { ...step, body: smaller };
}

function without(step: Step, key: keyof Step): Step {
  const { [key]: _left, ...rest } = step;
  return rest as Step;
}

function* smaller(steps: Step[]): Generator<Step[]> {
  yield* withoutSteps(steps);
  for (const [index, step] of steps.entries())
    for (const one of smallerSteps(step)) yield steps.toSpliced(index, 1, one);
}

function taken<T>(from: Iterator<T>, limit: number): T[] {
  const values: T[] = [];
  while (values.length < limit) {
    const { value, done } = from.next();
    if (done === true) break;
    values.push(value);
  }
  return values;
}

/** The first of the smaller sequences that still shows it. */
async function firstThatShows(
  steps: Step[],
  shows: Shows,
  budget: { left: number },
  concurrency: number,
): Promise<Step[] | undefined> {
  const candidates = smaller(steps);
  for (;;) {
    const batch = taken(candidates, Math.min(concurrency, budget.left));
    if (batch.length === 0) return undefined;
    budget.left -= batch.length;
    const results = await Promise.all(batch.map(shows));
    const at = results.indexOf(true);
    if (at >= 0) return batch[at];
  }
}

/** Leaves out of a sequence what it can do without to show what it shows: whole steps first, then parts of them. */
export async function minimise(
  steps: Step[],
  shows: Shows,
  { maxTries, concurrency }: MinimiseOptions,
): Promise<Step[]> {
  const budget = { left: maxTries };
  let smallest = steps;
  for (;;) {
    const next = await firstThatShows(smallest, shows, budget, concurrency);
    if (next === undefined) return smallest;
    smallest = next;
  }
}
