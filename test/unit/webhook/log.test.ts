import { expect, test } from '@jest/globals';
import supertest from 'supertest';

import { createLogger } from '../../../shared/runtime/log.ts';
import { createWebhookApp } from '../../../webhook/app.ts';
import { ownedByRun, reviewOf, settings, taskRun } from './review.ts';

/** Sends reviews to the TaskRuns' path, one after the other, and returns the lines that the webhook wrote. */
async function linesAfter(reviews: object[]): Promise<string[]> {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => void lines.push(line) });
  const client = supertest(createWebhookApp({ settings, log, isReady: () => true }));
  for (const review of reviews) await client.post('/mutate/taskrun').send(review).expect(200);
  return lines;
}

const refusedBy = (username: string): object => reviewOf('taskrun', taskRun(ownedByRun), { username });
const broken = reviewOf('taskrun', { metadata: { ownerReferences: [null] } });

test.each([
  ['reviews on which the webhook itself fails', Array<object>(60).fill(broken)],
  ['owner references of ever new users', Array.from({ length: 60 }, (_, index) => refusedBy(`user-${index}`))],
])('%s do not fill the log', async (_what, reviews) => {
  const lines = await linesAfter(reviews);
  // A burst of 20, and one a second.
  expect(lines.length).toBeGreaterThanOrEqual(20);
  expect(lines.length).toBeLessThan(60);
});

test('a user whose owner reference is refused is warned of once', async () => {
  expect(await linesAfter([refusedBy('jane'), refusedBy('jane')])).toHaveLength(1);
});

test('a name of a megabyte makes no line of a megabyte', async () => {
  const name = 'system:serviceaccount:'.repeat(50_000);
  const odd = { ...reviewOf('taskrun', { metadata: { ownerReferences: [null] } }) } as { request: object };
  const lines = await linesAfter([refusedBy(name), { ...odd, request: { ...odd.request, uid: name } }]);
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line.length).toBeLessThan(40_000);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ user: `${name.slice(0, 400)}…` });
});
