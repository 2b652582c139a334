import { deepEqual, equal } from 'node:assert/strict';

import { pod, widget } from '../harness/objects.ts';
import { area } from '../harness/types.ts';

export const status = area('status subresource', {
  'a status is dropped at creation': async (s) => {
    equal((await s.post('widgets', { ...widget('a'), status: { phase: 'Done' } })).body.status, undefined);
    equal((await s.post('pods', { ...pod('a'), status: { phase: 'Running' } })).body.status.phase, 'Pending');
  },
  'the status endpoint changes the status only': async (s) => {
    const { body: made } = await s.post('widgets', widget('a'));
    const wanted = {
      ...made,
      metadata: { ...made.metadata, labels: { x: 'y' } },
      spec: { steps: [{ name: 'other' }] },
      status: { phase: 'Done' },
    };
    const { status: code, body } = await s.put('widgets/a/status', wanted);
    equal(code, 200);
    deepEqual(body.status, { phase: 'Done' });
    equal(body.spec.steps[0].name, 'one');
    equal(body.metadata.labels, undefined);
    equal(body.metadata.generation, 1);
  },
  'the object endpoint changes everything but the status': async (s) => {
    await s.post('widgets', widget('a'));
    const { body: done } = await s.patch('widgets/a/status', 'merge', { status: { phase: 'Done' } });
    const { body } = await s.put('widgets/a', {
      ...done,
      spec: { ...done.spec, count: 2 },
      status: { phase: 'Undone' },
    });
    deepEqual(body.status, { phase: 'Done' });
    equal(body.spec.count, 2);
    await s.patch('widgets/a', 'merge', { status: { phase: 'Undone' } });
  },
  'is read like the object': async (s) => {
    await s.post('widgets', widget('a'));
    const { body } = await s.get('widgets/a/status');
    deepEqual(body, (await s.get('widgets/a')).body);
    equal((await s.get('widgets/none/status')).status, 404);
    await s.get('pods/none/status');
  },
  'of a Pod': async (s) => {
    const { body: made } = await s.post('pods', pod('a'));
    const { body } = await s.put('pods/a/status', { ...made, status: { phase: 'Running', podIP: '10.1.2.3' } });
    equal(body.status.phase, 'Running');
    await s.patch('pods/a/status', 'strategic', { metadata: { labels: { x: 'y' } }, status: { hostIP: '10.0.0.9' } });
  },
  'is validated': async (s) => {
    await s.post('widgets', widget('a'));
    equal((await s.patch('widgets/a/status', 'merge', { status: { phase: 5 } })).status, 422);
    await s.post('pods', pod('a'));
    await s.patch('pods/a/status', 'merge', { status: { phase: 'Perhaps' } });
  },
  'an old version is 409': async (s) => {
    const { body: made } = await s.post('widgets', widget('a'));
    await s.patch('widgets/a/status', 'merge', { status: { phase: 'Done' } });
    equal((await s.put('widgets/a/status', { ...made, status: { phase: 'Late' } })).status, 409);
  },
  'is not there for a resource without one': async (s) => {
    await s.unrecorded.post('configmaps', { metadata: { name: 'a' } });
    equal((await s.get('configmaps/a/status')).status, 404);
    equal((await s.patch('configmaps/a/status', 'merge', {})).status, 404);
  },
  'can not be created or deleted': async (s) => {
    await s.post('widgets', widget('a'));
    await s.post('widgets/a/status', widget('a'));
    await s.delete('widgets/a/status');
    await s.delete('pods/a/status');
  },
});
