import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start, waitFor } from './support/client.ts';
import type { Client, Json, Running, WatchEvent } from './support/client.ts';
import { CONFIGMAPS, configMap, MERGE, pod, PODS, widget, widgetCrd, WIDGETS } from './support/objects.ts';

let running: Running;
let client: Client;
beforeAll(async () => {
  running = await start({ crds: [widgetCrd] });
  client = running.client;
});
afterAll(() => running.stop());

function ownedBy(owner: Json, more: object = {}): object {
  const { apiVersion, kind, metadata } = owner;
  return { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, ...more }] };
}

async function watching(path: string, name: string): Promise<AsyncIterator<WatchEvent> & { end(): void }> {
  return client.watch(`${path}?watch=true&fieldSelector=metadata.name%3D${name}`);
}

const deleted = (event: WatchEvent): boolean => event.type === 'DELETED';

describe('deletion', () => {
  test('answers with a Status, or with the Pod', async () => {
    const { body } = await client.request('POST', CONFIGMAPS, configMap('plain'));
    const answer = await client.request('DELETE', `${CONFIGMAPS}/plain`);
    expect(answer.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'plain', kind: 'configmaps', uid: body.metadata.uid },
    });
    expect((await client.request('DELETE', `${CONFIGMAPS}/plain`)).code).toBe(404);
    await client.request('POST', PODS, pod('unscheduled'));
    expect((await client.request('DELETE', `${PODS}/unscheduled`)).body.kind).toBe('Pod');
    expect((await client.request('GET', `${PODS}/unscheduled`)).code).toBe(404);
  });

  test('checks its preconditions', async () => {
    await client.request('POST', CONFIGMAPS, configMap('guarded'));
    const { code, body } = await client.request('DELETE', `${CONFIGMAPS}/guarded`, { preconditions: { uid: 'other' } });
    expect(code).toBe(409);
    expect(body.message).toContain('the UID in the precondition (other) does not match the UID in record');
  });

  test('waits for finalizers', async () => {
    await client.request('POST', WIDGETS, widget('held', { finalizers: ['example.dev/hold'] }));
    const { body } = await client.request('DELETE', `${WIDGETS}/held`);
    expect(body.metadata).toMatchObject({
      finalizers: ['example.dev/hold'],
      deletionGracePeriodSeconds: 0,
      generation: 2,
    });
    expect(body.metadata.deletionTimestamp).toBeDefined();
    const more = { metadata: { finalizers: ['example.dev/hold', 'example.dev/more'] } };
    expect((await client.request('PATCH', `${WIDGETS}/held`, more, MERGE)).code).toBe(422);
    await client.request('PATCH', `${WIDGETS}/held`, { metadata: { finalizers: null } }, MERGE);
    expect((await client.request('GET', `${WIDGETS}/held`)).code).toBe(404);
  });

  test("gives a running Pod's node its grace period", async () => {
    await client.request('POST', PODS, pod('running'));
    await client.request('POST', `${PODS}/running/binding`, { target: { kind: 'Node', name: 'node' } });
    const { body } = await client.request('DELETE', `${PODS}/running`, { gracePeriodSeconds: 7 });
    expect(body).toMatchObject({ spec: { nodeName: 'node' }, metadata: { deletionGracePeriodSeconds: 7 } });
    const again = await client.request('DELETE', `${PODS}/running`);
    expect(again.body.metadata.deletionTimestamp).toBe(body.metadata.deletionTimestamp);
    await client.request('DELETE', `${PODS}/running`, { gracePeriodSeconds: 0 });
    expect((await client.request('GET', `${PODS}/running`)).code).toBe(404);
  });

  test('of a namespace takes what is in it along', async () => {
    await client.request('POST', '/api/v1/namespaces', { metadata: { name: 'short-lived' } });
    await client.request('POST', '/api/v1/namespaces/short-lived/configmaps', configMap('inside'));
    const events = await watching('/api/v1/namespaces', 'short-lived');
    const { body } = await client.request('DELETE', '/api/v1/namespaces/short-lived');
    expect(body.status.phase).toBe('Terminating');
    await waitFor(events, deleted);
    events.end();
    expect((await client.request('GET', '/api/v1/namespaces/short-lived/configmaps/inside')).code).toBe(404);
    expect((await client.request('DELETE', '/api/v1/namespaces/default')).code).toBe(403);
  });
});

describe('garbage collection', () => {
  test('background: children go after their last owner', async () => {
    const first = (await client.request('POST', WIDGETS, widget('owner-1'))).body;
    const second = (await client.request('POST', WIDGETS, widget('owner-2'))).body;
    const owners = [first, second].flatMap((one) => (ownedBy(one) as { ownerReferences: object[] }).ownerReferences);
    await client.request('POST', CONFIGMAPS, configMap('shared', { ownerReferences: owners }));
    const events = await watching(CONFIGMAPS, 'shared');
    await client.request('DELETE', `${WIDGETS}/owner-1`);
    await waitFor(events, (event) => event.type === 'MODIFIED' && event.object.metadata.ownerReferences.length === 1);
    await client.request('DELETE', `${WIDGETS}/owner-2`);
    await waitFor(events, deleted);
    events.end();
  });

  test('a child of an owner that never was is collected', async () => {
    const events = await watching(CONFIGMAPS, 'stray');
    const nobody = {
      apiVersion: 'example.dev/v1',
      kind: 'Widget',
      metadata: { name: 'nobody', uid: '00000000-0000-4000-8000-000000000000' },
    };
    await client.request('POST', CONFIGMAPS, configMap('stray', ownedBy(nobody)));
    await waitFor(events, deleted);
    events.end();
  });

  test('foreground: the owner waits for its children', async () => {
    const owner = (await client.request('POST', WIDGETS, widget('patient'))).body;
    await client.request(
      'POST',
      CONFIGMAPS,
      configMap('slow', { ...ownedBy(owner, { blockOwnerDeletion: true }), finalizers: ['example.dev/hold'] }),
    );
    const child = await watching(CONFIGMAPS, 'slow');
    const owners = await watching(WIDGETS, 'patient');
    const { body } = await client.request('DELETE', `${WIDGETS}/patient`, { propagationPolicy: 'Foreground' });
    expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
    await waitFor(child, (event) => event.object.metadata.deletionTimestamp !== undefined);
    expect((await client.request('GET', `${WIDGETS}/patient`)).code).toBe(200);
    await client.request('PATCH', `${CONFIGMAPS}/slow`, { metadata: { finalizers: null } }, MERGE);
    await waitFor(owners, deleted);
    child.end();
    owners.end();
  });

  test('orphan: the children stay, without their owner', async () => {
    const owner = (await client.request('POST', WIDGETS, widget('leaving'))).body;
    await client.request('POST', CONFIGMAPS, configMap('orphan', ownedBy(owner)));
    const events = await watching(WIDGETS, 'leaving');
    await client.request('DELETE', `${WIDGETS}/leaving`, { propagationPolicy: 'Orphan' });
    await waitFor(events, deleted);
    events.end();
    const { body } = await client.request('GET', `${CONFIGMAPS}/orphan`);
    expect(body.metadata.ownerReferences ?? []).toEqual([]);
  });
});
