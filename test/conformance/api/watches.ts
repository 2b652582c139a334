import { deepEqual, equal, ok } from 'node:assert/strict';

import { catchUp } from '../harness/catch-up.ts';
import { configMap, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { Session, WatchEvent } from '../harness/types.ts';

const shown = (events: WatchEvent[]): string[] => events.map((one) => `${one.type} ${one.object.metadata?.name}`);

async function versionOf(s: Session, path = 'secrets'): Promise<string> {
  return (await s.unrecorded.get(path)).body.metadata.resourceVersion;
}

const streaming = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

export const watches = area('watch', {
  'from a version: created, changed, deleted': async (s) => {
    const watch = await s.watch(`secrets?resourceVersion=${await versionOf(s)}`);
    await s.post('secrets', secret('a'));
    await s.patch('secrets/a', 'merge', { metadata: { labels: { x: 'y' } } });
    await s.delete('secrets/a');
    deepEqual(shown(await watch.take(3)), ['ADDED a', 'MODIFIED a', 'DELETED a']);
  },
  'from a version: nothing in between is missed': async (s) => {
    const from = await versionOf(s);
    for (const name of ['a', 'b']) await s.post('secrets', secret(name));
    await s.delete('secrets/a');
    const watch = await s.watch(`secrets?resourceVersion=${from}`);
    deepEqual(shown(await watch.take(3)), ['ADDED a', 'ADDED b', 'DELETED a']);
  },
  'a write without a change is no event': async (s) => {
    await s.post('secrets', secret('a'));
    const watch = await s.watch(`secrets?resourceVersion=${await versionOf(s)}`);
    await s.put('secrets/a', secret('a'));
    await s.delete('secrets/a');
    deepEqual(shown(await watch.take(1)), ['DELETED a']);
  },
  'without a version shows what is there first': async (s) => {
    for (const name of ['b', 'a']) await s.post('secrets', secret(name));
    await catchUp(s, 'secrets');
    const watch = await s.watch('secrets');
    deepEqual(shown(await watch.take(2)), ['ADDED a', 'ADDED b']);
    await s.delete('secrets/b');
    deepEqual(shown(await watch.take(1)), ['DELETED b']);
  },
  'from version 0 shows what is there first': async (s) => {
    await s.post('secrets', secret('a'));
    await catchUp(s, 'secrets');
    const watch = await s.watch('secrets?resourceVersion=0');
    deepEqual(shown(await watch.take(1)), ['ADDED a']);
  },
  'of one object by its name': async (s) => {
    await s.post('secrets', secret('a'));
    const watch = await s.watch(`secrets?resourceVersion=${await versionOf(s)}&fieldSelector=metadata.name%3Da`);
    await s.post('secrets', secret('b'));
    await s.delete('secrets/a');
    deepEqual(shown(await watch.take(1)), ['DELETED a']);
  },
  'of one object by its path is a read': async (s) => {
    await s.post('secrets', secret('a'));
    equal((await s.get('secrets/a?watch=true')).body.kind, 'Secret');
    await s.unrecorded.post('widgets', widget('a'));
    equal((await s.get('widgets/a?watch=true')).body.kind, 'Widget');
  },
  'below the old watch path': async (s) => {
    await s.post('secrets', secret('a'));
    await catchUp(s, 'secrets');
    const watch = await s.watch(`/api/v1/watch/namespaces/${s.namespace}/secrets`);
    deepEqual(shown(await watch.take(1)), ['ADDED a']);
  },
  'an object that enters the selection is ADDED, one that leaves is DELETED': async (s) => {
    const watch = await s.watch(`secrets?labelSelector=in%3Dyes&resourceVersion=${await versionOf(s)}`);
    await s.post('secrets', secret('a'));
    await s.patch('secrets/a', 'merge', { metadata: { labels: { in: 'yes' } } });
    await s.patch('secrets/a', 'merge', { data: { x: 'eA==' } });
    await s.patch('secrets/a', 'merge', { metadata: { labels: { in: 'no' } } });
    await s.patch('secrets/a', 'merge', { metadata: { labels: { in: 'yes' } } });
    deepEqual(shown(await watch.take(4)), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a']);
  },
  'of Pods on a node': async (s) => {
    const watch = await s.watch(
      `pods?fieldSelector=spec.nodeName%3Dnode-a&resourceVersion=${await versionOf(s, 'pods')}`,
    );
    await s.post('pods', pod('a', {}, { nodeName: 'node-b' }));
    await s.post('pods', pod('b', {}, { nodeName: 'node-a' }));
    deepEqual(shown(await watch.take(1)), ['ADDED b']);
  },
  'of custom resources': async (s) => {
    const watch = await s.watch(`widgets?resourceVersion=${await versionOf(s, 'widgets')}`);
    await s.post('widgets', widget('a'));
    await s.patch('widgets/a/status', 'merge', { status: { phase: 'Done' } });
    await s.delete('widgets/a');
    deepEqual(shown(await watch.take(3)), ['ADDED a', 'MODIFIED a', 'DELETED a']);
  },
  'in another served version': async (s) => {
    const watch = await s.watch(`/apis/example.dev/v1beta1/namespaces/${s.namespace}/widgets`);
    await s.post('widgets', widget('a'));
    equal((await watch.take(1))[0]?.object.apiVersion, 'example.dev/v1beta1');
  },
  'sendInitialEvents: what is there, then the annotated bookmark': async (s) => {
    for (const name of ['a', 'b']) await s.post('secrets', secret(name));
    const watch = await s.watch(`secrets?${streaming}`);
    const events = await watch.take(3);
    deepEqual(
      events.map((one) => one.type),
      ['ADDED', 'ADDED', 'BOOKMARK'],
    );
    equal(events[2]?.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
    await s.post('secrets', secret('c'));
    deepEqual(shown(await watch.take(1)), ['ADDED c']);
  },
  'sendInitialEvents of custom resources, from a version': async (s) => {
    await s.post('widgets', widget('a'));
    const watch = await s.watch(`widgets?${streaming}&resourceVersion=${await versionOf(s, 'widgets')}`);
    const events = await watch.take(2);
    equal(events[1]?.type, 'BOOKMARK');
  },
  'sendInitialEvents=false starts at the version': async (s) => {
    await s.post('secrets', secret('a'));
    const query = streaming.replace('=true', '=false');
    const watch = await s.watch(`secrets?${query}&resourceVersion=${await versionOf(s)}`);
    await s.post('secrets', secret('b'));
    deepEqual(shown(await watch.take(1)), ['ADDED b']);
  },
  'combinations that make no sense are 422': async (s) => {
    for (const query of [
      'sendInitialEvents=true',
      'resourceVersionMatch=NotOlderThan&resourceVersion=1',
      'sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1',
      'resourceVersionMatch=Exact&continue=x',
    ])
      equal((await s.watch(`secrets?${query}`)).answer.status, 422, query);
  },
  'a version that is no longer known is a 410 event': async (s) => {
    const watch = await s.watch('widgets?resourceVersion=1');
    const events = await watch.rest();
    equal(events.length, 1);
    equal(events[0]?.type, 'ERROR');
    equal(events[0]?.object.code, 410);
  },
  'a version that is none is refused': async (s) => {
    const { answer } = await s.watch('secrets?resourceVersion=abc');
    ok(answer.status >= 400);
  },
  'ends after timeoutSeconds': async (s) => {
    const watch = await s.watch('secrets?timeoutSeconds=1');
    deepEqual(await watch.rest(), []);
  },
  'without a version, or from 0, with bookmarks: the initial events end with one': async (s) => {
    await s.post('secrets', secret('a'));
    await catchUp(s, 'secrets');
    for (const query of ['', '&resourceVersion=0']) {
      const watch = await s.watch(`secrets?allowWatchBookmarks=true${query}`);
      const events = await watch.take(2);
      equal(events[1]?.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
    }
  },
  'has no bookmark unless asked for': async (s) => {
    const watch = await s.watch(`secrets?timeoutSeconds=3&resourceVersion=${await versionOf(s)}`);
    deepEqual(await watch.rest(), []);
  },
  'as Tables': async (s) => {
    await s.post('secrets', secret('a'));
    await catchUp(s, 'secrets');
    const watch = await s.watch('secrets', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    await watch.take(1);
    await s.post('secrets', secret('b'));
    const [event] = await watch.take(1);
    equal(event?.object.kind, 'Table');
  },
  'as PartialObjectMetadata': async (s) => {
    await s.post('secrets', secret('a', { data: { x: 'eA==' } }));
    await catchUp(s, 'secrets');
    const watch = await s.watch('secrets', { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' });
    const [event] = await watch.take(1);
    equal(event?.object.kind, 'PartialObjectMetadata');
    equal(event?.object.data, undefined);
  },
  'of a namespace that is not there waits for it': async (s) => {
    const watch = await s.watch('/api/v1/namespaces/nowhere/secrets?timeoutSeconds=1');
    deepEqual(await watch.rest(), []);
  },
  'of a resource that is not there is 404': async (s) => {
    equal((await s.watch('/api/v1/nothings')).answer.status, 404);
  },
  'a deleted object is shown as it last was, in the version of its deletion': async (s) => {
    const { body } = await s.post('configmaps', configMap('a', { labels: { only: 'a' } }));
    const watch = await s.watch(`configmaps?labelSelector=only%3Da&resourceVersion=${body.metadata.resourceVersion}`);
    await s.delete('configmaps/a');
    const [event] = await watch.take(1);
    deepEqual(event?.object.data, { key: 'value' });
    ok(Number(event?.object.metadata.resourceVersion) > Number(body.metadata.resourceVersion));
  },
});
