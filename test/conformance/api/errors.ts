import { equal } from 'node:assert/strict';

import { catchUp } from '../harness/catch-up.ts';
import { configMap, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

export const errors = area('errors', {
  '404: paths that are nowhere': async (s) => {
    for (const path of [
      '/api/v1/nothings',
      '/api/v2/pods',
      '/apis/nowhere.dev/v1/things',
      '/apis/example.dev/v7/widgets',
      '/apis/example.dev/v1/gadgets',
      '/nothing',
      '/api/v1/namespaces/default/configmaps/a/b/c',
      '/apis/apps/v1/namespaces/default/nothings',
    ])
      equal((await s.get(path)).status, 404, path);
  },
  '404: methods on paths that are nowhere': async (s) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      equal((await s.send(method, '/api/v1/nothings', { body: {} })).status, 404, method);
  },
  '404: an unknown subresource': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a'));
    equal((await s.get('configmaps/a/nothing')).status, 404);
    await s.unrecorded.post('widgets', widget('a'));
    equal((await s.get('widgets/a/nothing')).status, 404);
    equal((await s.get('widgets/a/scale')).status, 404);
  },
  '405: a method that the collection does not have': async (s) => {
    equal((await s.send('PUT', 'configmaps', { body: {} })).status, 405);
    equal((await s.send('PATCH', 'configmaps', { body: {}, contentType: 'application/merge-patch+json' })).status, 405);
    equal((await s.send('PUT', 'widgets', { body: {} })).status, 400);
    equal((await s.send('PATCH', 'widgets', { body: {}, contentType: 'application/merge-patch+json' })).status, 400);
  },
  '405: a method that the object does not have': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a'));
    equal((await s.post('configmaps/a', configMap('a'))).status, 405);
    await s.unrecorded.post('widgets', widget('a'));
    equal((await s.post('widgets/a', widget('a'))).status, 409);
  },
  '405: namespaces are not deleted as a collection': async (s) => {
    equal((await s.delete('/api/v1/namespaces?labelSelector=none')).status, 405);
  },
  '415: a body of another type': async (s) => {
    equal((await s.send('POST', 'configmaps', { body: 'x', contentType: 'text/plain' })).status, 415);
    equal((await s.send('POST', 'widgets', { body: 'x', contentType: 'text/plain' })).status, 415);
    await s.unrecorded.post('configmaps', configMap('a'));
    equal((await s.send('PUT', 'configmaps/a', { body: 'x', contentType: 'application/xml' })).status, 415);
  },
  '400: a body that is no JSON': async (s) => {
    for (const path of ['configmaps', 'widgets'])
      for (const body of ['{', 'text', '[]', '"text"', '5']) equal((await s.post(path, body)).status, 400, body);
  },
  '400: an empty body': async (s) => {
    await s.send('POST', 'configmaps');
    await s.send('POST', 'widgets');
    await s.send('POST', 'configmaps', { body: '' });
    await s.send('POST', 'configmaps', { body: '{}' });
    await s.send('POST', 'widgets', { body: '{}' });
    await s.send('POST', 'configmaps', { body: 'null' });
    await s.send('POST', 'widgets', { body: 'null' });
  },
  '413: a body that is too large': async (s) => {
    const body = JSON.stringify(configMap('a', {}, { key: 'x'.repeat(3_200_000) }));
    equal((await s.post('configmaps', body)).status, 413);
  },
  'a ConfigMap of more than a megabyte is refused': async (s) => {
    equal((await s.post('configmaps', configMap('a', {}, { key: 'x'.repeat(1_100_000) }))).status, 422);
  },
  '400: query parameters that can not be read': async (s) => {
    await s.get('secrets?timeoutSeconds=x');
    await s.get('secrets?watch=perhaps&timeoutSeconds=1');
    await s.get('secrets?allowWatchBookmarks=perhaps');
    await s.patch('configmaps/a?force=perhaps&fieldManager=x', 'apply', configMap('a'));
  },
  'a field manager that is too long or not printable is 422': async (s) => {
    equal((await s.post(`configmaps?fieldManager=${'x'.repeat(129)}`, configMap('a'))).status, 422);
    equal((await s.post('configmaps?fieldManager=a%00b', configMap('a'))).status, 422);
  },
  'a body in YAML: what is twice, and what is true': async (s) => {
    const yaml = (path: string, body: string): Promise<unknown> =>
      s.post(path, body, { contentType: 'application/yaml' });
    await yaml('configmaps', 'metadata: {name: a}\nmetadata: {name: b}\n');
    await yaml('configmaps?fieldValidation=Strict', 'metadata: {name: c}\nmetadata: {name: d}\ndata: {a: b, a: c}\n');
    await yaml('configmaps', 'metadata: {name: e}\ndata: {a: yes}\n');
    await yaml(
      'configmaps',
      'metadata: {name: f, labels: &x {a: b}, annotations: {<<: *x, c: 2001-01-01}}\nimmutable: on\n',
    );
    await yaml(
      'configmaps?fieldValidation=Strict',
      'data:\n  a:\n    b: 1\n    b: 2\n    1: 3\n    1: 4\n  a:\n    c\n',
    );
    await yaml('widgets', 'kind: Widget\nkind: Widget\n');
    await yaml('configmaps', 'text');
    await yaml('configmaps', '- a');
  },
  'what is deeper than any object is 400': async (s) => {
    const deep = '{"a":'.repeat(10_001) + '1' + '}'.repeat(10_001);
    equal((await s.post('widgets', deep)).status, 400);
    equal((await s.post('configmaps', deep)).status, 400);
    await s.unrecorded.post('configmaps', configMap('a'));
    equal((await s.patch('configmaps/a', 'merge', deep)).status, 400);
    equal((await s.patch('configmaps/a', 'strategic', deep)).status, 400);
  },
  'a custom resource in YAML without a kind is shown as it was read': async (s) => {
    for (const validation of ['Ignore', 'Warn', 'Strict'])
      for (const body of [
        'spec:\n  size: 1\n  a: "<b>"\nmetadata: {name: c}\n',
        '{"spec": {"size": 1}, "metadata": {}}',
      ])
        await s.post(`widgets?fieldValidation=${validation}`, body, { contentType: 'application/yaml' });
  },
  '400: a kind or version that is no text, or of another resource': async (s) => {
    await s.post('configmaps', { kind: 5, metadata: { name: 'a' } });
    await s.post('configmaps', { apiVersion: {}, metadata: { name: 'a' } });
    await s.post('configmaps', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } });
    await s.post('widgets', { apiVersion: 'v1', kind: 'Widget', metadata: { name: 'a' } });
    await s.post('widgets', { apiVersion: 'example.dev/v1', kind: 5, metadata: { name: 'a' } });
    const odd = { kind: 'Widget', metadata: { name: 'a', odd: 1 }, z: 1, a: 2 };
    await s.post('widgets', { apiVersion: 'example.dev/v1beta1', ...odd });
    await s.post('widgets?fieldValidation=Strict', { apiVersion: 'example.dev/v7', ...odd });
  },
  'names in paths are decoded': async (s) => {
    await s.get('configmaps/a%20b');
    await s.get('configmaps/a%2Fb');
    await s.get('widgets/UPPER');
  },
  'a version is not to be read of one object': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a'));
    await catchUp(s, 'configmaps');
    await s.get('configmaps/a?resourceVersion=abc');
    await s.get('configmaps/a?resourceVersion=1');
    await s.get('configmaps/a?resourceVersion=0');
    await s.get('configmaps/none?resourceVersion=abc');
    await s.get('widgets/none?resourceVersion=-1');
    await s.get('events/none?resourceVersion=abc');
  },
  'HEAD is answered like GET, OPTIONS is not': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a'));
    await s.send('HEAD', 'configmaps/a');
    await s.send('OPTIONS', 'configmaps/a');
    await s.send('HEAD', '/api/v1/nothings');
  },
});
