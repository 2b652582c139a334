import { expect, test } from '@jest/globals';

import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import { createLeaseLock } from '../../../../shared/kubernetes/lease.ts';
import { startFakeServer } from './fake-server.ts';

test('a request without a response in time gives an error with the request', async () => {
  const server = await startFakeServer(() => undefined);
  const client = createKubeClient(server.config);
  try {
    const lock = createLeaseLock(client, { namespace: 'ci', name: 'lead' }, 20);
    const never = new AbortController().signal;
    const path = '/apis/coordination.k8s.io/v1/namespaces/ci/leases';
    await expect(lock.read(never)).rejects.toThrow(`GET ${path}/lead: no response within 20 ms, repeats included`);
    await expect(lock.write(undefined, {}, never)).rejects.toThrow(`POST ${path}: no response within 20 ms`);
  } finally {
    client.close();
    await server.close();
  }
});
