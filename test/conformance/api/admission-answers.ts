import { deepEqual, equal, ok } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { jsonPatch } from '../harness/hooks.ts';
import type { HookAnswer, HookHandler } from '../harness/hooks.ts';
import { configMap, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';
import type { ConformanceCase } from '../harness/types.ts';

const allow: HookHandler = () => ({ response: { allowed: true } });
const add = (path: string, value: Json): Json => ({ op: 'add', path, value });

/** Creates under both failure policies while the webhook answers so. */
function answering(
  answer: HookAnswer,
  ignored: number,
  failed: number,
  kind: 'Mutating' | 'Validating' = 'Mutating',
): ConformanceCase['run'] {
  const limit = answer.hang === true ? { timeoutSeconds: 1 } : {};
  return async (s) => {
    await s.hooks.install(kind, [
      {
        handler: () => answer,
        more: { ...limit, failurePolicy: 'Ignore', objectSelector: { matchLabels: { p: 'ignore' } } },
      },
      {
        handler: () => answer,
        more: { ...limit, failurePolicy: 'Fail', objectSelector: { matchLabels: { p: 'fail' } } },
      },
    ]);
    equal((await s.post('configmaps', configMap('a', { labels: { p: 'ignore' } }))).status, ignored);
    equal((await s.post('configmaps', configMap('b', { labels: { p: 'fail' } }))).status, failed);
  };
}

export const admissionAnswers = area('admission: answers', {
  'a patch is applied': async (s) => {
    const operations = [
      add('/data/added', 'yes'),
      { op: 'remove', path: '/data/key' },
      add('/metadata/labels', { l: '1' }),
    ];
    await s.hooks.install('Mutating', [{ handler: () => jsonPatch(operations) }]);
    const { body } = await s.post('configmaps', configMap('a'));
    deepEqual(body.data, { added: 'yes' });
  },
  'webhooks are asked in order, each sees what was patched before': async (s) => {
    await s.hooks.install('Mutating', [
      { handler: () => jsonPatch([add('/data/first', '1')]) },
      { handler: (request) => jsonPatch([add('/data/second', request.object.data.first ?? 'nothing')]) },
    ]);
    equal((await s.post('configmaps', configMap('a'))).body.data.second, '1');
  },
  'configurations are asked in the order of their names': async (s) => {
    const append =
      (own: string): HookHandler =>
      (request) =>
        jsonPatch([add('/data/order', `${request.object.data.order ?? ''}${own}`)]);
    for (const name of ['b', 'a', 'c'])
      await s.hooks.install('Mutating', [{ handler: append(name) }], `${s.namespace}-${name}`);
    equal((await s.post('configmaps', configMap('a'))).body.data.order, 'abc');
  },
  'IfNeeded: asked again when a later one changed the object': async (s) => {
    const seen: Json[] = [];
    await s.hooks.install('Mutating', [
      {
        handler: (request) => {
          seen.push(request.object.data);
          return { response: { allowed: true } };
        },
        more: { reinvocationPolicy: 'IfNeeded' },
      },
      { handler: () => jsonPatch([add('/data/late', 'yes')]) },
    ]);
    await s.post('configmaps', configMap('a'));
    s.record('seen', seen);
    deepEqual(seen, [{ key: 'value' }, { key: 'value', late: 'yes' }]);
  },
  'IfNeeded: not asked again when nothing changed after it': async (s) => {
    await s.hooks.install('Mutating', [
      { handler: () => jsonPatch([add('/data/one', '1')]), more: { reinvocationPolicy: 'IfNeeded' } },
      { handler: allow },
    ]);
    await s.post('configmaps', configMap('a'));
    s.record(
      'paths',
      s.hooks.calls().map((call) => call.path),
    );
    equal(s.hooks.calls().length, 2);
  },
  'Never: not asked again': async (s) => {
    await s.hooks.install('Mutating', [{ handler: allow }, { handler: () => jsonPatch([add('/data/late', 'yes')]) }]);
    await s.post('configmaps', configMap('a'));
    equal(s.hooks.calls().length, 2);
  },
  'IfNeeded of the one that changed: the others are not asked': async (s) => {
    await s.hooks.install('Mutating', [
      { handler: () => jsonPatch([add('/data/one', '1')]), more: { reinvocationPolicy: 'IfNeeded' } },
      { handler: () => jsonPatch([add('/data/two', '2')]), more: { reinvocationPolicy: 'IfNeeded' } },
    ]);
    await s.post('configmaps', configMap('a'));
    s.record(
      'paths',
      s.hooks.calls().map((call) => call.path),
    );
    ok(s.hooks.calls().length >= 2);
  },
  'a denial': answering({ response: { allowed: false } }, 400, 400),
  'a denial with a message': answering({ response: { allowed: false, status: { message: 'not today' } } }, 400, 400),
  'a denial with a code and a reason': answering(
    { response: { allowed: false, status: { message: 'slow down', reason: 'TooManyRequests', code: 429 } } },
    429,
    429,
  ),
  'a denial with details': answering(
    {
      response: {
        allowed: false,
        status: {
          message: 'no',
          code: 422,
          reason: 'Invalid',
          details: { causes: [{ field: 'data', message: 'bad' }] },
        },
      },
    },
    422,
    422,
  ),
  'a denial with a code that is none': answering(
    { response: { allowed: false, status: { message: 'no', code: 200 } } },
    400,
    400,
  ),
  'a denial by a validating webhook': answering(
    { response: { allowed: false, status: { message: 'not valid' } } },
    400,
    400,
    'Validating',
  ),
  'warnings reach the user': async (s) => {
    const warnings = ['first warning', 'second "quoted" warning'];
    await s.hooks.install('Mutating', [{ handler: () => ({ response: { allowed: true, warnings } }) }]);
    ok((await s.post('configmaps', configMap('a'))).headers['warning']);
  },
  'warnings reach the user with a denial, too': async (s) => {
    const response = { allowed: false, status: { message: 'no' }, warnings: ['was warned'] };
    await s.hooks.install('Validating', [{ handler: () => ({ response }) }]);
    ok((await s.post('configmaps', configMap('a'))).headers['warning']);
  },
  'status 500 is a failure': answering({ status: 500, body: 'broken' }, 201, 500),
  'status 404 is a failure': answering({ status: 404, body: 'not here' }, 201, 500),
  'no JSON is a failure': answering({ body: 'text' }, 201, 500),
  'no AdmissionReview is a failure': answering({ body: { kind: 'Pod', apiVersion: 'v1' } }, 201, 500),
  'another version of AdmissionReview is a failure': answering(
    {
      body: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1beta1', response: { uid: 'x', allowed: true } },
    },
    201,
    500,
  ),
  'no response is a failure': answering(
    { body: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' } },
    201,
    500,
  ),
  'another uid is a failure': answering({ response: { allowed: true, uid: 'x' } }, 201, 500),
  'a patch without its type is a failure': answering({ response: { allowed: true, patch: 'W10=' } }, 201, 500),
  'a type without a patch is a failure': answering({ response: { allowed: true, patchType: 'JSONPatch' } }, 201, 500),
  'an unknown type of patch is a failure': answering(
    { response: { allowed: true, patchType: 'Merge', patch: 'e30=' } },
    201,
    500,
  ),
  'an empty patch changes nothing': answering(jsonPatch([]), 201, 201),
  'a patch that can not be applied is refused whatever the policy': answering(
    jsonPatch([add('/metadata/annotations/x', '1')]),
    500,
    500,
  ),
  'a patch that is no list is a failure': answering(
    { response: { allowed: true, patchType: 'JSONPatch', patch: 'e30=' } },
    201,
    500,
  ),
  'a patch that leaves a wrong type': answering(jsonPatch([add('/data', 'text')]), 500, 500),
  'a patch that leaves an invalid object': answering(jsonPatch([add('/metadata/labels/x', 'bad value')]), 422, 422),
  'a validating webhook that patches is a failure': answering(jsonPatch([add('/data/x', '1')]), 201, 500, 'Validating'),
  'no answer in time': answering({ hang: true }, 201, 500),
  'no answer in time, validating': answering({ hang: true }, 201, 500, 'Validating'),
  'nobody listens': async (s) => {
    const clientConfig = { url: 'https://127.0.0.1:1/none' };
    await s.hooks.install('Mutating', [
      {
        handler: allow,
        more: { clientConfig, failurePolicy: 'Ignore', objectSelector: { matchLabels: { p: 'ignore' } } },
      },
      { handler: allow, more: { clientConfig, failurePolicy: 'Fail', objectSelector: { matchLabels: { p: 'fail' } } } },
    ]);
    equal((await s.post('configmaps', configMap('a', { labels: { p: 'ignore' } }))).status, 201);
    equal((await s.post('configmaps', configMap('b', { labels: { p: 'fail' } }))).status, 500);
  },
  'what a webhook adds to a custom resource is pruned': async (s) => {
    const rules = [{ apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['widgets'], operations: ['CREATE'] }];
    await s.hooks.install('Mutating', [
      { handler: () => jsonPatch([add('/spec/unknown', 1), add('/spec/count', 3)]), more: { rules } },
    ]);
    const { body } = await s.post('widgets', widget('a'));
    equal(body.spec.count, 3);
    equal(body.spec.unknown, undefined);
  },
  'a validating webhook sees what mutating ones made': async (s) => {
    await s.hooks.install('Mutating', [{ handler: () => jsonPatch([add('/data/added', 'yes')]) }], `${s.namespace}-m`);
    let seen: Json;
    await s.hooks.install(
      'Validating',
      [
        {
          handler: (request) => {
            seen = request.object.data;
            return { response: { allowed: true } };
          },
        },
      ],
      `${s.namespace}-v`,
    );
    await s.post('configmaps', configMap('a'));
    s.record('seen', seen);
    deepEqual(seen, { key: 'value', added: 'yes' });
  },
  'a webhook may deny a deletion': async (s) => {
    await s.post('configmaps', configMap('a'));
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['DELETE'] }];
    await s.hooks.install('Validating', [
      { handler: () => ({ response: { allowed: false, status: { message: 'keep' } } }), more: { rules } },
    ]);
    equal((await s.delete('configmaps/a')).status, 400);
    equal((await s.get('configmaps/a')).status, 200);
  },
});
