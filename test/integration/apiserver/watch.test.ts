import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start } from './support/client.ts';
import type { Client, Running, WatchEvent } from './support/client.ts';
import { CONFIGMAPS, configMap, MERGE } from './support/objects.ts';

let running: Running;
let client: Client;
beforeAll(async () => {
  running = await start({ maxHistory: 20 });
  client = running.client;
});
afterAll(() => running.stop());

async function take(events: AsyncIterator<WatchEvent>, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const { value, done } = await events.next();
    if (done === true) break;
    seen.push(`${value.type} ${value.object.metadata?.name as string}`);
  }
  return seen;
}

describe('watch', () => {
  test('continues from a version without missing what happened in between', async () => {
    const { body } = await client.request('GET', CONFIGMAPS);
    await client.request('POST', CONFIGMAPS, configMap('between'));
    const events = await client.watch(
      `${CONFIGMAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion as string}`,
    );
    await client.request('DELETE', `${CONFIGMAPS}/between`);
    expect(await take(events, 2)).toEqual(['ADDED between', 'DELETED between']);
    events.end();
  });

  test('shows an object that enters the selection as ADDED and one that leaves it as DELETED', async () => {
    const { body } = await client.request('GET', CONFIGMAPS);
    const events = await client.watch(
      `${CONFIGMAPS}?watch=true&labelSelector=in%3Dyes&resourceVersion=${body.metadata.resourceVersion as string}`,
    );
    await client.request('POST', CONFIGMAPS, configMap('moving'));
    await client.request('PATCH', `${CONFIGMAPS}/moving`, { metadata: { labels: { in: 'yes' } } }, MERGE);
    await client.request('PATCH', `${CONFIGMAPS}/moving`, { data: { more: '1' } }, MERGE);
    await client.request('PATCH', `${CONFIGMAPS}/moving`, { metadata: { labels: { in: 'no' } } }, MERGE);
    expect(await take(events, 3)).toEqual(['ADDED moving', 'MODIFIED moving', 'DELETED moving']);
    events.end();
  });

  test('a version that is no longer kept is told as 410', async () => {
    const { body } = await client.request('GET', CONFIGMAPS);
    for (let index = 0; index < 25; index++) await client.request('POST', CONFIGMAPS, configMap(`many-${index}`));
    const events = await client.watch(
      `${CONFIGMAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion as string}`,
    );
    const { value } = await events.next();
    expect(value).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    expect((await events.next()).done).toBe(true);
  });

  test('its end brings a bookmark, from which the next one goes on', async () => {
    const { body } = await client.request('GET', CONFIGMAPS);
    const from = `resourceVersion=${body.metadata.resourceVersion as string}`;
    const events = await client.watch(
      `${CONFIGMAPS}?watch=true&${from}&allowWatchBookmarks=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dnone`,
    );
    const { value } = await events.next();
    expect(value).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
    expect(value?.object.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect((await events.next()).done).toBe(true);
  });

  test('sendInitialEvents ends what exists with an annotated bookmark', async () => {
    await client.request('POST', CONFIGMAPS, configMap('existing', { labels: { initial: 'yes' } }));
    const events = await client.watch(
      `${CONFIGMAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=initial`,
    );
    expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
    expect((await events.next()).value).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    events.end();
  });

  test('closing the server ends it', async () => {
    const other = await start();
    const events = await other.client.watch(`${CONFIGMAPS}?watch=true&fieldSelector=metadata.name%3Dnone`);
    const ended = events.next();
    await other.stop();
    expect((await ended).done).toBe(true);
  });
});
