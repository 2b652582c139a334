import { deepEqual, equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { configMap, lease, pod, secret, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const metadataOnly = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const metadataList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

export const tables = area('tables', {
  'of ConfigMaps and Secrets': async (s) => {
    await s.unrecorded.post('configmaps', configMap('a', { labels: { mine: 'yes' } }));
    await s.unrecorded.post('secrets', secret('a', { data: { x: 'eA==' } }));
    const { body } = await s.get('configmaps?labelSelector=mine', { accept });
    equal(body.kind, 'Table');
    deepEqual(body.rows[0].cells.slice(0, 2), ['a', 1]);
    await s.get('secrets', { accept });
  },
  'of Pods in several states': async (s) => {
    await s.unrecorded.post('pods', pod('waiting'));
    await s.unrecorded.post('pods', pod('running', {}, { nodeName: 'node-a' }));
    const container = { name: 'main', image: 'x', imageID: '', restartCount: 2, ready: true };
    const running = { state: { running: { startedAt: '2030-01-01T00:00:00Z' } } };
    await s.unrecorded.patch('pods/running/status', 'merge', {
      status: { phase: 'Running', podIP: '10.1.2.3', containerStatuses: [{ ...container, ...running }] },
    });
    await s.unrecorded.post('pods', pod('failed', {}, { nodeName: 'node-a', restartPolicy: 'Never' }));
    const ended = { state: { terminated: { exitCode: 3, reason: 'Error' } } };
    await s.unrecorded.patch('pods/failed/status', 'merge', {
      status: { phase: 'Failed', containerStatuses: [{ ...container, ready: false, restartCount: 0, ...ended }] },
    });
    const { body } = await s.get('pods', { accept });
    deepEqual(
      body.rows.map((row: Json) => row.cells[2]),
      ['Error', 'Running', 'Pending'],
    );
  },
  'of custom resources, by their printer columns': async (s) => {
    await s.unrecorded.post('widgets', widget('a', { count: 3 }));
    await s.unrecorded.patch('widgets/a/status', 'merge', { status: { phase: 'Done' } });
    const { body } = await s.get('widgets', { accept });
    deepEqual(
      body.columnDefinitions.map((column: Json) => column.name),
      ['Name', 'Phase', 'Count', 'Age'],
    );
    deepEqual(body.rows[0].cells.slice(0, 3), ['a', 'Done', 3]);
    s.record('description', body.columnDefinitions[1].description);
  },
  'of one object': async (s) => {
    await s.unrecorded.post('secrets', secret('a'));
    equal((await s.get('secrets/a', { accept })).body.rows.length, 1);
    await s.unrecorded.post('widgets', widget('a'));
    equal((await s.get('widgets/a', { accept })).body.rows.length, 1);
  },
  'with no, or whole, objects in them': async (s) => {
    await s.unrecorded.post('secrets', secret('a'));
    equal((await s.get('secrets?includeObject=None', { accept })).body.rows[0].object, null);
    equal((await s.get('secrets?includeObject=Object', { accept })).body.rows[0].object.kind, 'Secret');
    equal((await s.get('secrets?includeObject=Some', { accept })).status, 400);
  },
  'of what is created and deleted': async (s) => {
    equal((await s.post('secrets', secret('a'), { accept })).body.kind, 'Table');
    await s.delete('secrets/a', { accept });
    await s.post('pods', pod('a'), { accept });
    await s.delete('pods/a', { accept });
  },
  'of namespaces, leases, accounts, claims, services and nodes': async (s) => {
    await s.unrecorded.post('leases', lease('a', { holderIdentity: 'me' }));
    await s.get('leases', { accept });
    await s.get(`/api/v1/namespaces/${s.namespace}`, { accept });
    await s.get('serviceaccounts', { accept });
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await s.unrecorded.post('persistentvolumeclaims', { metadata: { name: 'a' }, spec: claim });
    await s.get('persistentvolumeclaims', { accept });
    await s.unrecorded.post('/api/v1/nodes', { metadata: { name: `node-${s.namespace}` } });
    await s.get(`/api/v1/nodes/node-${s.namespace}`, { accept });
    await s.unrecorded.delete(`/api/v1/nodes/node-${s.namespace}`);
  },
  'of Services, Endpoints, Events and Nodes that say more': async (s) => {
    await s.unrecorded.post('services', {
      metadata: { name: 'a' },
      spec: { type: 'ExternalName', externalName: 'x.y' },
    });
    await s.get('services/a?includeObject=None', { accept });
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ];
    const subsets = [{ addresses: [{ ip: '10.1.1.1' }, { ip: '10.1.1.2' }], ports }];
    await s.unrecorded.post('endpoints', { metadata: { name: 'a' }, subsets });
    await s.get('endpoints/a?includeObject=None', { accept });
    await s.unrecorded.post('events', {
      metadata: { name: 'a' },
      involvedObject: { kind: 'Pod', name: 'x', namespace: s.namespace, fieldPath: 'spec' },
      reason: 'Why',
      message: ' what ',
      source: { component: 'c', host: 'h' },
      firstTimestamp: '2020-01-01T00:00:00Z',
      count: 3,
      type: 'Normal',
    });
    await s.get('events/a?includeObject=None', { accept });
    const node = `/api/v1/nodes/node-${s.namespace}`;
    const labels = { 'kubernetes.io/role': 'b', 'node-role.kubernetes.io/a': '' };
    await s.unrecorded.post('/api/v1/nodes', { metadata: { name: `node-${s.namespace}`, labels } });
    const addresses = [{ type: 'InternalIP', address: '10.1.1.3' }];
    const nodeInfo = { kernelVersion: '6', architecture: 'arm64' };
    await s.unrecorded.patch(`${node}/status`, 'merge', { status: { addresses, nodeInfo } });
    await s.get(`${node}?includeObject=None`, { accept });
    await s.unrecorded.delete(node);
  },
  'of definitions and webhook configurations': async (s) => {
    await s.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.dev', { accept });
    const name = `${s.namespace}-table`;
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    await s.unrecorded.post(path, { metadata: { name } });
    await s.get(`${path}/${name}`, { accept });
    await s.unrecorded.delete(`${path}/${name}`);
  },
  'of an error is a Status': async (s) => {
    equal((await s.get('secrets/none', { accept })).body.kind, 'Status');
  },
  'PartialObjectMetadata of one and of many': async (s) => {
    await s.unrecorded.post('secrets', secret('a', { data: { x: 'eA==' } }));
    equal((await s.get('secrets/a', { accept: metadataOnly })).body.data, undefined);
    equal((await s.get('secrets', { accept: metadataList })).body.kind, 'PartialObjectMetadataList');
    await s.unrecorded.post('widgets', widget('a'));
    await s.get('widgets', { accept: metadataList });
    await s.patch('secrets/a', 'merge', { metadata: { labels: { x: 'y' } } }, { accept: metadataOnly });
  },
  'an Accept that nothing fits is 406': async (s) => {
    for (const unknown of ['text/html', 'application/json;as=Chair;v=v1;g=meta.k8s.io', 'image/png, text/*'])
      equal((await s.get('secrets', { accept: unknown })).status, 406, unknown);
    equal((await s.get('widgets', { accept: 'text/html' })).status, 406);
  },
});
