import { equal, ok } from 'node:assert/strict';

import { configMap, ownedBy, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

const NEVER = { apiVersion: 'v1', kind: 'Secret', name: 'never', uid: '11111111-2222-3333-4444-555555555555' };
const gone = ({ status }: { status: number }): boolean => status === 404;

/** Until the garbage collector has removed a ConfigMap without an owner: then it knows those that were created before, too. A real one collects from its own cache. */
async function untilCollectorKnows(s: Session): Promise<void> {
  await s.post('configmaps', configMap('without-owner', { ownerReferences: [NEVER] }));
  await s.eventually('configmaps/without-owner', gone);
}

export const garbage = area('garbage collection', {
  'what is owned goes after its owner': async (s) => {
    const { body: owner } = await s.post('secrets', secret('owner'));
    await s.post('configmaps', configMap('child', { ownerReferences: [ownedBy(owner)] }));
    await s.delete('secrets/owner');
    await s.eventually('configmaps/child', gone);
  },
  'an owner that is a custom resource': async (s) => {
    const { body: owner } = await s.post('widgets', widget('owner'));
    const reference = ownedBy(owner, { controller: true, blockOwnerDeletion: true });
    await s.post('configmaps', configMap('child', { ownerReferences: [reference] }));
    await s.delete('widgets/owner?propagationPolicy=Background');
    await s.eventually('configmaps/child', gone);
  },
  'a chain of owners': async (s) => {
    const { body: owner } = await s.post('secrets', secret('owner'));
    const { body: child } = await s.post('configmaps', configMap('child', { ownerReferences: [ownedBy(owner)] }));
    await s.post('configmaps', configMap('grandchild', { ownerReferences: [ownedBy(child)] }));
    await s.delete('secrets/owner');
    await s.eventually('configmaps/grandchild', gone);
  },
  'one of two owners left keeps the child, without the other reference': async (s) => {
    const { body: one } = await s.post('secrets', secret('one'));
    const { body: two } = await s.post('secrets', secret('two'));
    await s.post('configmaps', configMap('child', { ownerReferences: [ownedBy(one), ownedBy(two)] }));
    await s.delete('secrets/one');
    const { body } = await s.eventually(
      'configmaps/child',
      (answer) => answer.body.metadata?.ownerReferences?.length === 1,
    );
    equal(body.metadata.ownerReferences[0].name, 'two');
  },
  'orphan: the child stays and loses its owner': async (s) => {
    const { body: owner } = await s.post('secrets', secret('owner'));
    await s.post('configmaps', configMap('child', { ownerReferences: [ownedBy(owner)] }));
    await untilCollectorKnows(s);
    await s.delete('secrets/owner', { body: { propagationPolicy: 'Orphan' } });
    await s.eventually('secrets/owner', gone);
    const { body } = await s.get('configmaps/child');
    equal(body.metadata.ownerReferences, undefined);
  },
  'foreground: the owner waits, with its finalizer, for a child that blocks it': async (s) => {
    const { body: owner } = await s.post('secrets', secret('owner'));
    const ownerReferences = [ownedBy(owner, { blockOwnerDeletion: true })];
    await s.post('configmaps', configMap('child', { ownerReferences, finalizers: ['example.dev/hold'] }));
    await untilCollectorKnows(s);
    const { body } = await s.delete('secrets/owner?propagationPolicy=Foreground');
    ok(body.metadata.finalizers.includes('foregroundDeletion'));
    await s.eventually('configmaps/child', (answer) => answer.body.metadata?.deletionTimestamp !== undefined);
    equal((await s.get('secrets/owner')).status, 200);
    await s.patch('configmaps/child', 'merge', { metadata: { finalizers: null } });
    await s.eventually('secrets/owner', gone);
  },
  'foreground: a child that does not block goes too': async (s) => {
    const { body: owner } = await s.post('secrets', secret('owner'));
    await s.post('configmaps', configMap('child', { ownerReferences: [ownedBy(owner)] }));
    await untilCollectorKnows(s);
    await s.delete('secrets/owner?propagationPolicy=Foreground');
    await s.eventually('secrets/owner', gone);
    await s.eventually('configmaps/child', gone);
  },
  'an owner that never was': async (s) => {
    await s.post('configmaps', configMap('child', { ownerReferences: [NEVER] }));
    await s.eventually('configmaps/child', gone);
  },
  'a reference is complete, and only one is the controller': async (s) => {
    const { body: owner } = await s.post('secrets', secret('owner'));
    equal((await s.post('configmaps', configMap('a', { ownerReferences: [{ name: 'x' }] }))).status, 422);
    const controller = ownedBy(owner, { controller: true });
    const second = { ...controller, uid: '11111111-2222-3333-4444-555555555555' };
    equal((await s.post('configmaps', configMap('a', { ownerReferences: [controller, second] }))).status, 422);
    equal(
      (await s.post('widgets', widget('a', {}, { ownerReferences: [{ ...controller, apiVersion: '' }] }))).status,
      422,
    );
  },
  'a deleted namespace takes what is in it along': async (s) => {
    const name = `${s.namespace}-inner`;
    await s.post('/api/v1/namespaces', { metadata: { name } });
    await s.unrecorded.post(`/api/v1/namespaces/${name}/secrets`, secret('a'));
    const { body } = await s.delete(`/api/v1/namespaces/${name}`);
    equal(body.status.phase, 'Terminating');
    await s.eventually(`/api/v1/namespaces/${name}`, gone);
    equal((await s.get(`/api/v1/namespaces/${name}/secrets/a`)).status, 404);
  },
  'nothing new comes into a namespace that is being deleted': async (s) => {
    const name = `${s.namespace}-inner`;
    await s.post('/api/v1/namespaces', { metadata: { name } });
    const held = { ...configMap('held', { finalizers: ['example.dev/hold'] }) };
    await s.unrecorded.post(`/api/v1/namespaces/${name}/configmaps`, held);
    await s.unrecorded.delete(`/api/v1/namespaces/${name}`);
    const { status, body } = await s.post(`/api/v1/namespaces/${name}/secrets`, secret('late'));
    equal(status, 403);
    equal(body.details.causes[0].reason, 'NamespaceTerminating');
    await s.unrecorded.patch(`/api/v1/namespaces/${name}/configmaps/held`, 'merge', { metadata: { finalizers: null } });
    await s.eventually(`/api/v1/namespaces/${name}`, gone);
  },
});
