import { setTimeout as delay } from 'node:timers/promises';

import type { Json, RawClient, RawStream } from '../harness/client.ts';
import { resourcePathIn } from '../harness/paths.ts';
import type { WatchEvent } from '../harness/types.ts';
import { over } from './bodies.ts';
import { fuzzedKinds } from './kinds.ts';
import type { FuzzedKind } from './kinds.ts';
import { resourceOf } from './step.ts';
import type { Fence, Step } from './step.ts';

const FENCE = 'fuzz.dev/fence';
const SEEN_TIMEOUT_MS = 60_000;

export interface OpenWatch {
  step: Step;
  stream: RawStream;
}

/** The objects that an event is about; a Table has them in its rows. */
function objectsOf({ object }: WatchEvent): Json[] {
  return object?.kind === 'Table' ? (object.rows ?? []).map((row: Json) => row.object) : [object];
}

const fenceOf = (event: WatchEvent): string | undefined =>
  objectsOf(event)
    .map((object) => object?.metadata?.annotations?.[FENCE])
    .find((mark) => mark !== undefined);

function kindOf(step: Step): FuzzedKind {
  const kind = fuzzedKinds.find(({ resource }) => resource === resourceOf(step));
  if (kind === undefined) throw new Error(`${step.path}: no kind of the fuzzer's`);
  return kind;
}

/** Writes the watch's fence: an object that its selectors choose, or a mark on the only one that they do. */
async function writeFence(client: RawClient, namespace: string, step: Step, mark: string): Promise<string> {
  const kind = kindOf(step);
  const { name = `fence-${step.id}`, labels, fields = {} }: Fence = step.fence ?? {};
  const path = resourcePathIn(namespace, `${kind.resource}/${name}`);
  const annotations = { [FENCE]: mark };
  const marked = await client.send('PATCH', path, {
    body: { metadata: { annotations, ...(labels === undefined ? {} : { labels }) } },
    contentType: 'application/merge-patch+json',
  });
  if (marked.status === 200) return path;
  const valid = JSON.parse(JSON.stringify(kind.valid(name)).replaceAll('{{0.name}}', namespace));
  const body = over(valid, { ...fields, metadata: { annotations, ...(labels === undefined ? {} : { labels }) } });
  const created = await client.send('POST', resourcePathIn(namespace, kind.resource), { body });
  if (created.status !== 201)
    throw new Error(`a fence for ${step.path}: ${JSON.stringify([marked.body, created.body])}`);
  return path;
}

/** The next event, or undefined where the stream is over. Throws when nothing comes for a minute. */
async function nextEvent({ step, stream }: OpenWatch): Promise<WatchEvent | undefined> {
  const late = new AbortController();
  const timeout = delay(SEEN_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`step ${step.id}: the watch has not shown its fence for ${SEEN_TIMEOUT_MS} ms`);
  });
  timeout.catch(() => undefined);
  try {
    const { value, done } = await Promise.race([stream.lines.next(), timeout]);
    return done === true ? undefined : (JSON.parse(value) as WatchEvent);
  } finally {
    late.abort();
  }
}

/** A bookmark comes when a server likes, except for the one after the initial events. */
const isTimed = (event: WatchEvent): boolean =>
  event.type === 'BOOKMARK' &&
  objectsOf(event).every((object) => object?.metadata?.annotations?.['k8s.io/initial-events-end'] === undefined);

/** What a watch shows before its fence, without other watches' fences. */
async function eventsBefore(watch: OpenWatch, mark: string): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for (let event = await nextEvent(watch); event !== undefined; event = await nextEvent(watch)) {
    const fence = fenceOf(event);
    if (fence === mark) break;
    if (fence === undefined && !isTimed(event)) events.push(event);
    if (event.type === 'ERROR') break;
  }
  return events;
}

/**
 * Reads until the watch shows what is written now, and takes that away again: what it begins with is read by then. Only Events need it,
 * which a kube-apiserver does not cache: it reads them when the watch has been answered already.
 */
export async function startWatch(client: RawClient, namespace: string, watch: OpenWatch): Promise<WatchEvent[]> {
  if (kindOf(watch.step).kind !== 'Event') return [];
  const mark = `start-${watch.step.id}`;
  const path = await writeFence(client, namespace, watch.step, mark);
  const events = await eventsBefore(watch, mark);
  await client.send('DELETE', path);
  return events;
}

/** All that a watch has shown when everything that was done before is seen. */
export async function endWatch(client: RawClient, namespace: string, watch: OpenWatch): Promise<WatchEvent[]> {
  const mark = `end-${watch.step.id}`;
  await writeFence(client, namespace, watch.step, mark);
  const events = await eventsBefore(watch, mark);
  watch.stream.end();
  return events;
}
