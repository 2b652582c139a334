import { equal, ok } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { area } from '../harness/types.ts';

const service = (name: string, spec: Json): Json => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
const ports = [{ port: 80 }];

export const services = area('services', {
  'are given an address and defaults': async (s) => {
    const { body } = await s.post('services', service('a', { ports, selector: { a: 'b' } }));
    ok(body.spec.clusterIP);
    const named = [
      { name: 'x', port: 80 },
      { name: 'y', port: 80, protocol: 'UDP', targetPort: 'web' },
    ];
    await s.post('services', service('b', { ports: named, sessionAffinity: 'ClientIP' }));
    const node = await s.post('services', service('c', { ports, type: 'NodePort' }));
    ok(node.body.spec.ports[0].nodePort);
    await s.post('services', service('d', { ports, type: 'LoadBalancer' }));
    await s.patch('services/d/status', 'merge', { status: { loadBalancer: { ingress: [{ ip: '10.9.9.9' }] } } });
  },
  'without an address': async (s) => {
    await s.post('services', service('a', { ports, clusterIP: 'None' }));
    await s.post('services', service('b', { clusterIP: 'None', selector: { a: 'b' } }));
    await s.post('services', service('c', { type: 'ExternalName', externalName: 'x.y.' }));
  },
  'that are none are refused': async (s) => {
    for (const spec of [
      {},
      { ports: [{ port: 80 }, { port: 81 }] },
      { ports: [{ port: 0 }] },
      { ports: [{ port: 80, targetPort: 'UPPER--' }] },
      { ports: [{ port: 80, protocol: 'ICMP' }] },
      { ports: [{ port: 80, name: 'Upper.x' }] },
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 80 },
        ],
      },
      { ports, type: 'Odd' },
      { ports, clusterIP: '1.2.3.4' },
      { ports, clusterIP: 'x' },
      { ports, type: 'NodePort', clusterIP: 'None' },
      { ports: [{ port: 80, nodePort: 30_100 }] },
      { ports: [{ port: 80, nodePort: 80 }], type: 'NodePort' },
      { ports, sessionAffinity: 'Odd' },
      { ports, selector: { 'a b': 'c d' } },
      { ports, ipFamilies: ['IPv5'] },
      { type: 'ExternalName' },
      { type: 'ExternalName', externalName: 'x_y', clusterIP: '10.0.0.7' },
    ])
      equal((await s.post('services', service('a', spec))).status, 422, JSON.stringify(spec));
    equal((await s.post('services', service('a.b', { ports }))).status, 422);
  },
  'keep their address, and their ports by name': async (s) => {
    const named = [{ name: 'x', port: 80 }];
    const { body } = await s.post('services', service('a', { ports: named, type: 'NodePort' }));
    const { clusterIP } = body.spec;
    const changed = await s.patch('services/a', 'merge', { spec: { ports: [{ name: 'x', port: 90 }] } });
    equal(changed.body.spec.ports[0].nodePort, body.spec.ports[0].nodePort);
    const replaced = await s.put('services/a', service('a', { ports: [{ port: 91 }], selector: { a: 'b' } }));
    equal(replaced.body.spec.clusterIP, clusterIP);
    equal((await s.patch('services/a', 'merge', { spec: { clusterIP: '10.0.0.99' } })).status, 422);
    await s.patch('services/a', 'strategic', { spec: { ports: [{ name: 'z', port: 92 }] } });
  },
  'change their type, with what belongs to it': async (s) => {
    await s.post('services', service('a', { ports, type: 'LoadBalancer' }));
    const toType = (type: string, more: Json = {}): Promise<Json> =>
      s.patch('services/a', 'merge', { spec: { type, ...more } });
    equal((await toType('ClusterIP')).body.spec.ports[0].nodePort, undefined);
    equal((await toType('ExternalName', { externalName: 'x.y' })).body.spec.clusterIP, undefined);
    ok((await toType('ClusterIP', { externalName: null })).body.spec.clusterIP);
    ok((await toType('NodePort')).body.spec.ports[0].nodePort);
    equal((await s.delete('services/a')).body.kind, 'Service');
  },
});
