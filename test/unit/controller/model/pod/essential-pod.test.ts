import { expect, test } from '@jest/globals';

import { essentialPod } from '../../../../../controller/model/pod/essential-pod.ts';

test('of a Pod are kept its names, images, node and status, and not its scripts, secrets and field managers', () => {
  const metadata = { name: 'p', labels: { a: 'b' }, annotations: { c: 'd' }, resourceVersion: '3' };
  const status = { phase: 'Running', containerStatuses: [{ name: 'step-a', ready: true }] };
  const kept = essentialPod({
    metadata: { ...metadata, managedFields: [{ manager: 'kubelet' }] },
    spec: {
      nodeName: 'n1',
      containers: [
        { name: 'step-a', image: 'busybox', env: [{ name: 'TOKEN', value: 'secret' }], args: ['-c', 'long'] },
      ],
      initContainers: [{ name: 'prepare', image: 'entrypoint', command: ['cp'], restartPolicy: 'Always' }],
      volumes: [{ name: 'v' }],
    },
    status,
  });
  expect(kept).toEqual({
    metadata,
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'step-a', image: 'busybox' }],
      initContainers: [{ name: 'prepare', image: 'entrypoint', restartPolicy: 'Always' }],
    },
    status,
  });
});

test('a Pod without a spec or a node stays without', () => {
  expect(essentialPod({ metadata: { name: 'p' } })).toEqual({ metadata: { name: 'p' } });
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'a' }] } };
  expect(essentialPod(pod)).toEqual(pod);
});
