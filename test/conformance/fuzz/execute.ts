import type { Answer, RawClient, RequestOptions } from '../harness/client.ts';
import { resourcePathIn } from '../harness/paths.ts';
import { entryOf } from '../harness/session.ts';
import type { Entry } from '../harness/session.ts';
import { untilCollected } from './garbage.ts';
import { bodyOf, resolved, resourceOf } from './step.ts';
import type { Step } from './step.ts';
import { endWatch, startWatch } from './watches.ts';
import type { OpenWatch } from './watches.ts';

function pathOf(step: Step, namespace: string, answers: Map<number, Answer>): string {
  const query = new URLSearchParams(resolved(step.query ?? {}, answers));
  if (step.method === 'WATCH') query.set('watch', 'true');
  const text = query.toString();
  return `${resourcePathIn(namespace, resolved(step.path, answers))}${text === '' ? '' : `?${text}`}`;
}

function optionsOf(step: Step, answers: Map<number, Answer>): RequestOptions {
  const body = bodyOf(step, answers);
  return {
    ...(body === undefined ? {} : { body }),
    ...(step.contentType === undefined ? {} : { contentType: step.contentType }),
    ...(step.accept === undefined ? {} : { accept: step.accept }),
  };
}

/** Reads that may be answered from a cache, which may be behind the writes before. */
function readsCache({ method, path, query = {} }: Step): boolean {
  const isRead = method === 'GET' || method === 'WATCH';
  return isRead && (method === 'WATCH' || query['resourceVersion'] !== undefined || !path.includes('/'));
}

/** A consistent list is answered when the server's cache has caught up with all that was written before. */
async function catchUp(client: RawClient, namespace: string, step: Step): Promise<void> {
  await client.send('GET', `${resourcePathIn(namespace, resourceOf(step))}?labelSelector=none`);
}

async function openWatch(
  client: RawClient,
  path: string,
  step: Step,
  options: RequestOptions,
): Promise<[Entry, OpenWatch?]> {
  const stream = await client.stream(path, options);
  const entry: Entry = { ...entryOf(step.method, stream.answer), events: [] };
  return stream.answer.status === 200 ? [entry, { step, stream }] : [entry];
}

/**
 * Sends the sequence's requests to one server, one after the other, and reads its watches to the end of what they caused. Gives an entry a
 * step, in their order.
 */
export async function execute(client: RawClient, namespace: string, steps: Step[]): Promise<Entry[]> {
  const made = await client.send('GET', `/api/v1/namespaces/${namespace}`);
  const answers = new Map<number, Answer>([[0, made]]);
  const entries: Entry[] = [];
  const watches: { watch: OpenWatch; entry: Entry }[] = [];
  try {
    for (const step of steps) {
      if (readsCache(step)) await catchUp(client, namespace, step);
      const path = pathOf(step, namespace, answers);
      const options = optionsOf(step, answers);
      if (step.method === 'WATCH') {
        const [entry, watch] = await openWatch(client, path, step, options);
        entries.push(entry);
        if (watch === undefined) continue;
        watches.push({ watch, entry });
        entry.events = await startWatch(client, namespace, watch);
        continue;
      }
      const answer = await client.send(step.method, path, options);
      answers.set(step.id, answer);
      entries.push(entryOf(step.method, answer));
      await untilCollected(client, namespace, steps, step);
    }
    for (const { watch, entry } of watches) entry.events?.push(...(await endWatch(client, namespace, watch)));
  } finally {
    for (const { watch } of watches) watch.stream.end();
  }
  return entries;
}
