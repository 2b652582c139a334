import { deepEqual, equal, ok } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { jsonPatch } from '../harness/hooks.ts';
import type { HookHandler } from '../harness/hooks.ts';
import { configMap, pod, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

const allow: HookHandler = () => ({ response: { allowed: true } });

const rule = (resources: string[], operations: string[], apiGroups = [''], apiVersions = ['v1']): Json => ({
  rules: [{ apiGroups, apiVersions, resources, operations }],
});

/** Records what the webhooks were sent, with the versions of objects left to the normalizing. */
function recordCalls(s: Session, expected: number): Json[] {
  const calls = s.hooks.calls();
  s.record('calls', calls);
  equal(calls.length, expected);
  return calls.map((call) => call.review.request);
}

export const admissionReview = area('admission: review', {
  'of a creation': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow }]);
    equal((await s.post('configmaps', configMap('a', { labels: { x: 'y' } }))).status, 201);
    const [request] = recordCalls(s, 1);
    equal(request.operation, 'CREATE');
    equal(request.name, 'a');
    equal(request.oldObject, null);
    equal(request.object.metadata.uid, undefined);
  },
  'of a creation with generateName has no name': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow }]);
    equal((await s.post('configmaps', configMap(undefined as never, { generateName: 'gen-' }))).status, 201);
    const [request] = recordCalls(s, 1);
    equal(request.name, undefined);
  },
  'of a creation of a custom resource': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow, more: rule(['widgets'], ['CREATE'], ['example.dev']) }]);
    equal((await s.post('widgets', widget('a', { unknown: 1 }))).status, 201);
    const [request] = recordCalls(s, 1);
    equal(request.object.spec.timeout, '1h0m0s');
  },
  'of an update': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.hooks.install('Mutating', [{ handler: allow, more: rule(['configmaps'], ['UPDATE', 'CREATE']) }]);
    await s.put('configmaps/a', configMap('a', {}, { other: '1' }));
    const [request] = recordCalls(s, 1);
    equal(request.operation, 'UPDATE');
    deepEqual(request.oldObject.data, { key: 'value' });
  },
  'of a patch': async (s) => {
    await s.post('widgets', widget('a'));
    await s.hooks.install('Mutating', [
      { handler: allow, more: rule(['widgets'], ['*'], ['example.dev']) },
      { handler: allow, more: rule(['configmaps'], ['CREATE']) },
    ]);
    await s.patch('widgets/a?fieldManager=me&fieldValidation=Warn', 'merge', { spec: { count: 2 } });
    const [request] = recordCalls(s, 1);
    equal(request.options.kind, 'UpdateOptions');
  },
  'of an apply that creates': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow }]);
    equal((await s.patch('configmaps/a?fieldManager=me&force=true', 'apply', configMap('a'))).status, 201);
    recordCalls(s, 1);
  },
  'of a deletion': async (s) => {
    await s.post('configmaps', configMap('a'));
    await s.hooks.install('Mutating', [{ handler: allow, more: rule(['configmaps'], ['DELETE']) }]);
    await s.delete('configmaps/a', { body: { propagationPolicy: 'Background', gracePeriodSeconds: 3 } });
    const [request] = recordCalls(s, 1);
    equal(request.object, null);
    equal(request.oldObject.metadata.name, 'a');
  },
  'of a deleted collection: one for each object': async (s) => {
    for (const name of ['a', 'b']) await s.unrecorded.post('configmaps', configMap(name, { labels: { mine: 'yes' } }));
    await s.hooks.install('Validating', [{ handler: allow, more: rule(['configmaps'], ['DELETE', 'CREATE']) }]);
    await s.delete('configmaps?labelSelector=mine');
    const requests = s.hooks.calls().map((call) => call.review.request);
    // Several are deleted at once.
    s.record('names', requests.map((request: Json) => request.oldObject?.metadata.name).sort());
    equal(requests.length, 2);
  },
  'of a dry run': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow }]);
    await s.post('configmaps?dryRun=All&fieldManager=me', configMap('a'));
    const [request] = recordCalls(s, 1);
    equal(request.dryRun, true);
    deepEqual(request.options.dryRun, ['All']);
  },
  'of a status': async (s) => {
    await s.post('widgets', widget('a'));
    const more = rule(['widgets/status'], ['UPDATE'], ['example.dev']);
    await s.hooks.install('Mutating', [{ handler: allow, more }]);
    await s.patch('widgets/a/status', 'merge', { status: { phase: 'Done' } });
    await s.patch('widgets/a', 'merge', { spec: { count: 2 } });
    const [request] = recordCalls(s, 1);
    equal(request.subResource, 'status');
  },
  'of another version is in the version that the rule names': async (s) => {
    await s.hooks.install('Mutating', [
      { handler: allow, more: rule(['widgets'], ['CREATE'], ['example.dev'], ['v1beta1']) },
    ]);
    await s.post('widgets', widget('a'));
    const [request] = recordCalls(s, 1);
    equal(request.kind.version, 'v1beta1');
    equal(request.requestKind.version, 'v1');
    equal(request.object.apiVersion, 'example.dev/v1beta1');
  },
  'of another version is not sent with matchPolicy Exact': async (s) => {
    const more = { ...rule(['widgets'], ['CREATE'], ['example.dev'], ['v1beta1']), matchPolicy: 'Exact' };
    await s.hooks.install('Mutating', [{ handler: allow, more }]);
    await s.post('widgets', widget('a'));
    recordCalls(s, 0);
  },
  'of a Pod has its defaults': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow, more: rule(['pods'], ['CREATE']) }]);
    await s.post('pods', pod('a'));
    const [request] = recordCalls(s, 1);
    equal(request.object.spec.restartPolicy, 'Always');
    ok(request.object.spec.tolerations);
  },
  'has the managed fields of the writer, and what a webhook adds is in none': async (s) => {
    const patch = [{ op: 'add', path: '/metadata/annotations', value: { added: 'yes' } }];
    await s.hooks.install('Mutating', [{ handler: () => jsonPatch(patch) }]);
    const { body } = await s.post('configmaps', configMap('a'));
    equal(body.metadata.annotations.added, 'yes');
    const [request] = recordCalls(s, 1);
    ok(request.object.metadata.managedFields);
  },
  'is not sent for webhook configurations themselves': async (s) => {
    const more = { ...rule(['*'], ['CREATE'], ['*'], ['*']), namespaceSelector: {}, failurePolicy: 'Ignore' };
    const name = `${s.namespace}-more`;
    const own = { ...more, objectSelector: { matchLabels: { only: s.namespace } } };
    await s.hooks.install('Mutating', [{ handler: allow, more: own }]);
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    await s.post(path, { metadata: { name, labels: { only: s.namespace } } });
    await s.unrecorded.delete(`${path}/${name}`);
    await s.post('secrets', { metadata: { name: 'a', labels: { only: s.namespace } } });
    recordCalls(s, 1);
  },
});
