import { expect, test } from '@jest/globals';

import { compare } from '../../conformance/fuzz/compare.ts';
import type { Outcome, Play } from '../../conformance/fuzz/compare.ts';
import { fuzz } from '../../conformance/fuzz/fuzz.ts';
import type { FuzzResult } from '../../conformance/fuzz/fuzz.ts';
import { generateSequence } from '../../conformance/fuzz/generate.ts';
import { reportOf } from '../../conformance/fuzz/report.ts';
import { bodyOf, resolved } from '../../conformance/fuzz/step.ts';
import type { Step } from '../../conformance/fuzz/step.ts';
import type { Answer } from '../../conformance/harness/client.ts';

/** A server that answers every request with what it was. */
const echo: Play = async (steps) =>
  steps.map(({ method, path }) => ({ what: method, status: 200, body: { kind: 'Echo', path } }));

const isDeletion = ({ method }: Step): boolean => method === 'DELETE';
const isRead = ({ method, path }: Step): boolean => method === 'GET' && !path.includes('/');

/** The same, but for a list that follows a deletion. */
const broken: Play = async (steps) => {
  const entries = await echo(steps);
  const from = steps.findIndex(isDeletion);
  return entries.map((entry, index) =>
    from >= 0 && index > from && steps[index] !== undefined && isRead(steps[index]) ? { ...entry, status: 500 } : entry,
  );
};

function playAll(compareSteps: (steps: Step[]) => Promise<Outcome>): Promise<FuzzResult> {
  return fuzz({ seed: 1, sequences: 200, concurrency: 4, maxFindings: 1, compare: compareSteps });
}

test('a seed makes one sequence, another seed another', () => {
  expect(generateSequence(7)).toEqual(generateSequence(7));
  expect(generateSequence(7)).not.toEqual(generateSequence(8));
});

test('a broken answer is found, and what it takes to get it is all that is left of the sequence', async () => {
  const { findings } = await playAll((steps) => compare(broken, echo, steps));
  const [finding] = findings;
  expect(finding?.steps).toHaveLength(2);
  const [first, second] = finding?.steps ?? [];
  expect(first).toMatchObject({ method: 'DELETE' });
  expect(first?.body).toBeUndefined();
  expect(second).toMatchObject({ method: 'GET', query: {} });
  expect(finding?.outcome.differences).toEqual(['/1/status: 500 ≠ 200']);
});

test('the report names the seed, the requests, what differs and both answers', async () => {
  const { findings } = await playAll((steps) => compare(broken, echo, steps));
  const text = findings.map(reportOf).join('\n');
  const [finding] = findings;
  expect(text).toContain(`--fuzz 1 --seed ${finding?.seed}`);
  expect(text).toMatch(/^ {4}\d+\. DELETE \w+/m);
  expect(text).toContain('/1/status: 500 ≠ 200');
  expect(text).toMatch(/embedded: .*"status":500/);
  expect(text).toMatch(/real: +.*"status":200/);
});

test('equal answers are no finding', async () => {
  const { findings, sequences } = await playAll((steps) => compare(echo, echo, steps));
  expect(findings).toEqual([]);
  expect(sequences).toBe(200);
});

test('a difference that does not come again is told with the whole sequence', async () => {
  let played = 0;
  const once: Play = async (steps) => (++played === 5 ? broken(generateSequence(1)) : echo(steps));
  const { findings } = await playAll((steps) => compare(once, echo, steps));
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ unsteady: true, steps: generateSequence(findings[0]?.seed ?? 0) });
});

test('a server that does not answer differs from one that does', async () => {
  const silent: Play = () => Promise.reject(new Error('nothing came'));
  const { differences } = await compare(silent, echo, generateSequence(1));
  expect(differences.join()).toContain('nothing came');
});

test('a sequence that fails in the same way on both servers is a difference, not an equal answer', async () => {
  const silent: Play = () => Promise.reject(new Error('nothing came'));
  const { differences } = await compare(silent, silent, generateSequence(1));
  expect(differences).toEqual([
    '/0/failure on the embedded server: nothing came',
    '/0/failure on the real server: nothing came',
  ]);
});

test('requests take versions, names and whole objects from earlier answers of their own server', () => {
  const read = { kind: 'ConfigMap', metadata: { name: 'a', uid: 'u', resourceVersion: '7' }, data: { x: '1', y: '2' } };
  const answers = new Map<number, Answer>([[3, { status: 200, headers: {}, body: read }]]);
  expect(resolved('configmaps?resourceVersion={{3.resourceVersion}}&uid={{3.uid}}', answers)).toBe(
    'configmaps?resourceVersion=7&uid=u',
  );
  expect(resolved('{{9.resourceVersion}}', answers)).toBe('');
  const step: Step = { id: 4, method: 'PUT', path: 'configmaps/a', from: 3, body: { data: { y: null, z: '3' } } };
  expect(bodyOf(step, answers)).toEqual({ ...read, data: { x: '1', z: '3' } });
});
