import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';

import { createLogger } from '../../../shared/runtime/log.ts';
import { parseCarrier } from '../../../shared/tracing/carrier.ts';
import { createWebhookApp } from '../../../webhook/app.ts';
import {
  admit,
  carrier,
  ownedByRun,
  review,
  reviewOf,
  settings,
  submitted,
  taskRun,
  TRACE,
  TRUSTED,
} from './review.ts';

const OWN = 'tekton/taskrun-span-context';
const UPSTREAM = 'tekton.dev/taskrunSpanContext';
const RUN = 'tekton/pipelinerun-span-context';

describe('a TaskRun without an owner', () => {
  test('gets a root of its own', async () => {
    const { metadata } = await admit('taskrun', taskRun());
    expect(parseCarrier(metadata.annotations?.[OWN])).toBeDefined();
    expect(metadata.annotations?.[UPSTREAM]).toBe(metadata.annotations?.[OWN]);
  });

  test('that is a copy gets a new trace and a link', async () => {
    const { metadata } = await admit('taskrun', taskRun({ annotations: { [OWN]: carrier() }, ...submitted(OWN) }));
    expect(parseCarrier(metadata.annotations?.[OWN])?.traceId).not.toBe(TRACE);
    expect(metadata.annotations?.['tekton/rerun-span-context']).toBe(carrier());
  });
});

describe('a TaskRun of a PipelineRun', () => {
  const inherited = { ...ownedByRun, annotations: { [RUN]: carrier() } };

  test('names its parent: upstream copies the PipelineRun’s annotation', async () => {
    const { metadata } = await admit('taskrun', taskRun(inherited), { username: TRUSTED });
    expect(metadata.annotations).toMatchObject({ [OWN]: carrier(), [UPSTREAM]: carrier() });
    expect(metadata.annotations).toHaveProperty(['tekton/admission-time']);
  });

  test('keeps upstream’s own value where that is in the same trace', async () => {
    const theirs = carrier('01', 'd7ad6b7169203331');
    const object = taskRun({ ...inherited, annotations: { [RUN]: carrier(), [UPSTREAM]: theirs } });
    const { metadata } = await admit('taskrun', object, { username: TRUSTED });
    expect(metadata.annotations).toMatchObject({ [OWN]: carrier(), [UPSTREAM]: theirs });
  });

  test('loses upstream’s value where that is in another trace', async () => {
    const other = JSON.stringify({ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` });
    const object = taskRun({ ...inherited, annotations: { [RUN]: carrier(), [UPSTREAM]: other } });
    const { metadata } = await admit('taskrun', object, { username: TRUSTED });
    expect(metadata.annotations?.[UPSTREAM]).toBe(carrier());
  });

  test('has a trace of its own when the owner reference is anybody’s, and says so', async () => {
    const { metadata } = await admit('taskrun', taskRun({ ...inherited, ...submitted(RUN) }), { username: 'jane' });
    expect(parseCarrier(metadata.annotations?.[OWN])?.traceId).not.toBe(TRACE);
    expect(metadata.annotations?.['tekton/refused-owner']).toBe('uid-build');
  });

  test('names its run, whatever a user wrote as a TaskRun’s context on that run', async () => {
    const forged = JSON.stringify({ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` });
    const object = taskRun({ ...inherited, annotations: { [RUN]: carrier(), [OWN]: forged } });
    const { metadata } = await admit('taskrun', object, { username: TRUSTED });
    expect(metadata.annotations?.[OWN]).toBe(carrier());
  });

  test('is left to the controller if its owner has no context', async () => {
    expect((await review('taskrun', taskRun(ownedByRun), { username: TRUSTED })).patch).toEqual([]);
  });
});

test('an owner reference that is refused is a warning, once for each user: it may be a controller that was forgotten', async () => {
  const lines: string[] = [];
  const log = createLogger({ format: 'text', write: (line) => void lines.push(line) });
  const app = supertest(createWebhookApp({ settings, log, isReady: () => true }));
  for (const username of ['operator', 'operator', 'jane', TRUSTED])
    await app.post('/mutate/taskrun').send(reviewOf('taskrun', taskRun(ownedByRun), { username }));
  await app.post('/mutate/taskrun').send(reviewOf('taskrun', taskRun(), { username: 'joe' }));
  expect(lines.map((line) => /user=(\S+)/.exec(line)?.[1])).toEqual(['operator', 'jane']);
  expect(lines[0]).toContain('--trusted-requester');
});
