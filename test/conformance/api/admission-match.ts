import { equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import type { HookHandler } from '../harness/hooks.ts';
import { configMap, secret } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { ConformanceCase } from '../harness/types.ts';

const allow: HookHandler = () => ({ response: { allowed: true } });

/** Creates a ConfigMap and counts the calls of a webhook with these settings. */
function calling(more: Json, expected: number, metadata: Json = {}): ConformanceCase['run'] {
  return async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow, more }]);
    await s.post('configmaps', configMap('a', metadata));
    equal(s.hooks.calls().length, expected);
  };
}

const rules = (resources: string[], more: Json = {}): Json => ({
  rules: [{ apiGroups: [''], apiVersions: ['v1'], resources, operations: ['CREATE'], ...more }],
});
const when = (...expressions: string[]): Json => ({
  matchConditions: expressions.map((expression, index) => ({ name: `condition-${index}`, expression })),
});

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

function refusing(changes: Json[]): ConformanceCase['run'] {
  return async (s) => {
    const webhook = {
      name: 'hook.example.dev',
      clientConfig: { url: 'https://127.0.0.1:9/x' },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    };
    for (const change of changes) {
      const body = { metadata: { name: `${s.namespace}-wrong` }, webhooks: [{ ...webhook, ...change }] };
      equal((await s.post(`${CONFIGURATIONS}?dryRun=All`, body)).status, 422, JSON.stringify(change));
    }
  };
}

export const admissionMatch = area('admission: match', {
  'by objectSelector': calling({ objectSelector: { matchLabels: { x: 'y' } } }, 1, { labels: { x: 'y' } }),
  'not by objectSelector': calling({ objectSelector: { matchLabels: { x: 'y' } } }, 0),
  'not by namespaceSelector': calling({ namespaceSelector: { matchLabels: { none: 'here' } } }, 0),
  'by a wildcard of resources': calling(rules(['*']), 1),
  'by a wildcard of everything': calling(
    rules(['*/*'], { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'] }),
    1,
  ),
  'not by another resource': calling(rules(['secrets']), 0),
  'not by a subresource': calling(rules(['configmaps/status']), 0),
  'not by another scope': calling(rules(['configmaps'], { scope: 'Cluster' }), 0),
  'by its scope': calling(rules(['configmaps'], { scope: 'Namespaced' }), 1),
  'not by another operation': calling(rules(['configmaps'], { operations: ['UPDATE', 'DELETE'] }), 0),
  'conditions: all are true': calling(when('true', 'object.metadata.name == "a"'), 1),
  'conditions: one is false': calling(when('true', 'request.operation == "DELETE"'), 0),
  'conditions: labels and optional fields': calling(
    when('!has(object.metadata.labels) || !("skip" in object.metadata.labels)'),
    0,
    { labels: { skip: '' } },
  ),
  'conditions: who asks': calling(
    when(
      '!request.userInfo.username.startsWith("system:")',
      'request.userInfo.groups.exists(g, g == "system:masters")',
    ),
    1,
  ),
  'conditions: old objects and annotations': calling(
    when('oldObject == null', '!(object.metadata.?annotations["a"].hasValue())'),
    0,
    { annotations: { a: 'b' } },
  ),
  'conditions: the authorizer': calling(when('authorizer.group("").resource("secrets").check("get").allowed()'), 1),
  'conditions: an error refuses under Fail': async (s) => {
    await s.hooks.install('Mutating', [
      { handler: allow, more: { ...when('object.metadata.labels["none"] == "x"'), failurePolicy: 'Fail' } },
    ]);
    equal((await s.post('configmaps', configMap('a'))).status, 403);
    equal(s.hooks.calls().length, 0);
  },
  'conditions: an error calls nobody under Ignore': async (s) => {
    await s.hooks.install('Mutating', [
      { handler: allow, more: { ...when('object.metadata.labels["none"] == "x"'), failurePolicy: 'Ignore' } },
    ]);
    equal((await s.post('configmaps', configMap('a'))).status, 201);
    equal(s.hooks.calls().length, 0);
  },
  'conditions: an error beside a false one calls nobody': calling(
    { ...when('object.metadata.labels["none"] == "x"', 'false'), failurePolicy: 'Fail' },
    0,
  ),
  'conditions of validating webhooks': async (s) => {
    await s.hooks.install('Validating', [
      { handler: allow, more: when('object.data.key == "value"') },
      { handler: allow, more: when('object.data.key == "other"') },
    ]);
    await s.post('configmaps', configMap('a'));
    s.record(
      'paths',
      s.hooks.calls().map((call) => call.path),
    );
    equal(s.hooks.calls().length, 1);
  },
  'validating webhooks are all asked': async (s) => {
    await s.hooks.install('Validating', [{ handler: allow }, { handler: allow, more: rules(['*']) }]);
    await s.post('configmaps', configMap('a'));
    await s.post('secrets', secret('a'));
    s.record(
      'paths',
      s.hooks
        .calls()
        .map((call) => call.path)
        .sort(),
    );
    equal(s.hooks.calls().length, 3);
  },
  'a configuration has defaults': async (s) => {
    const name = `${s.namespace}-defaults`;
    const webhooks = [
      {
        name: 'hook.example.dev',
        clientConfig: { service: { name: 'x', namespace: 'y' } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Ignore',
        objectSelector: { matchLabels: { never: 'ever' } },
      },
    ];
    equal((await s.post(CONFIGURATIONS, { metadata: { name }, webhooks })).status, 201);
    await s.patch(`${CONFIGURATIONS}/${name}`, 'json', [
      { op: 'replace', path: '/webhooks/0/timeoutSeconds', value: 3 },
    ]);
    await s.unrecorded.delete(`${CONFIGURATIONS}/${name}`);
  },
  'a configuration: names, addresses and versions': refusing([
    { name: 'short' },
    { clientConfig: {} },
    { clientConfig: { url: 'http://127.0.0.1/x' } },
    { clientConfig: { url: 'https://127.0.0.1/x?y=z' } },
    { clientConfig: { url: 'https://user@127.0.0.1/x' } },
    { clientConfig: { url: 'https://127.0.0.1/x#y' } },
    { admissionReviewVersions: [] },
    { admissionReviewVersions: ['v2'] },
    { sideEffects: 'Some' },
    { sideEffects: undefined },
  ]),
  'a configuration: policies, timeouts and rules': refusing([
    { failurePolicy: 'Maybe' },
    { matchPolicy: 'Nearly' },
    { reinvocationPolicy: 'Often' },
    { timeoutSeconds: 0 },
    { timeoutSeconds: 31 },
    { rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['READ'] }] },
    { rules: [{ apiGroups: [], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }] },
    { rules: [{ apiGroups: ['*', 'x'], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }] },
  ]),
  'a configuration: conditions': refusing([
    when('1 + 1'),
    when('unknown == 1'),
    { matchConditions: [{ name: '', expression: 'true' }] },
    { matchConditions: [1, 2].map(() => ({ name: 'same', expression: 'true' })) },
  ]),
});
