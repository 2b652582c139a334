import { equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { definition, install, thing, withSchema } from '../harness/definitions.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

const integer = { type: 'integer' };

const deployment = (name: string, spec: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main', image: 'busybox:1.36' }] } },
    ...spec,
  },
});

const deploymentsOf = (s: Session): string => `/apis/apps/v1/namespaces/${s.namespace}/deployments`;

function installScaled(s: Session): Promise<string> {
  const numbers = { type: 'object', properties: { replicas: integer, selector: { type: 'string' } } };
  const paths = {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  };
  const version = { ...withSchema({ spec: numbers, status: numbers }), subresources: { status: {}, scale: paths } };
  return install(s, definition(s, {}, version));
}

export const scale = area('scale', {
  'of a workload is read and changed': async (s) => {
    const path = deploymentsOf(s);
    await s.post(path, deployment('a'));
    await s.get(`${path}/a/scale`);
    equal((await s.patch(`${path}/a/scale`, 'merge', { spec: { replicas: 3 } })).body.spec.replicas, 3);
    const metadata = { name: 'a', namespace: s.namespace };
    equal((await s.put(`${path}/a/scale`, { metadata, spec: { replicas: 2 } })).status, 200);
    equal(
      (await s.patch(`${path}/a/scale`, 'json', [{ op: 'replace', path: '/spec/replicas', value: 0 }])).status,
      200,
    );
    equal((await s.get(`${path}/a`)).body.spec.replicas, 0);
  },
  'of a workload is checked': async (s) => {
    const path = deploymentsOf(s);
    await s.post(path, deployment('a'));
    equal((await s.patch(`${path}/a/scale`, 'merge', { spec: { replicas: -1 } })).status, 422);
    equal((await s.patch(`${path}/a/scale`, 'merge', { spec: { replicas: 'x' } })).status, 422);
    equal((await s.put(`${path}/a/scale`, { metadata: { name: 'b' }, spec: {} })).status, 400);
    equal((await s.put(`${path}/a/scale`, { metadata: { name: 'a' }, spec: { replicas: 'x' } })).status, 400);
    equal((await s.put(`${path}/a/scale`, deployment('a'))).status, 400);
    const old = { name: 'a', resourceVersion: '1' };
    equal((await s.put(`${path}/a/scale`, { metadata: old, spec: { replicas: 1 } })).status, 409);
    equal((await s.get(`${path}/none/scale`)).status, 404);
    equal((await s.delete(`${path}/a/scale`)).status, 405);
  },
  'of a custom resource is where its definition says': async (s) => {
    const things = await installScaled(s);
    await s.post(things, thing(s, 'a', { spec: { replicas: 2 } }));
    await s.patch(`${things}/a/status`, 'merge', { status: { replicas: 1, selector: 'a=b' } });
    equal((await s.get(`${things}/a/scale`)).body.status.selector, 'a=b');
    equal((await s.patch(`${things}/a/scale`, 'merge', { spec: { replicas: 4 } })).status, 200);
    const { body } = await s.get(`${things}/a`);
    equal(body.spec.replicas, 4);
    equal(body.metadata.generation, 2);
    equal((await s.patch(`${things}/a/scale`, 'merge', { spec: { replicas: -1 } })).status, 422);
    equal((await s.patch(`${things}/a/scale`, 'strategic', { spec: { replicas: 1 } })).status, 415);
    equal((await s.post(things, thing(s, 'b', { spec: { replicas: -1 } }))).status, 422);
  },
  'of a custom resource may be missing': async (s) => {
    const things = await installScaled(s);
    await s.post(things, thing(s, 'a', { spec: {} }));
    equal((await s.get(`${things}/a/scale`)).status, 500);
    equal((await s.patch(`${things}/a/scale`, 'merge', { metadata: { labels: { a: 'b' } } })).status, 400);
    equal((await s.patch(`${things}/a/scale`, 'merge', { spec: { replicas: 1 } })).status, 200);
    const { body } = await s.unrecorded.get(`/apis/${s.namespace}.dev/v1`);
    s.record('discovery', body);
  },
});
