import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

import { peerProgram } from './support/binaries.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';

const run = promisify(execFile);

describe('the real kube-apiserver', () => {
  let server: KubeApiserver;
  const kubectl = async (...args: string[]): Promise<string> =>
    (await run(peerProgram('kubectl'), [`--kubeconfig=${server.kubeconfigPath}`, ...args])).stdout;

  beforeAll(async () => {
    server = await startKubeApiserver();
  });
  afterAll(async () => {
    await server.stop();
    expect(existsSync(server.kubeconfigPath)).toBe(false);
  });

  test('its kubeconfig lets the administrator create objects, and they outlive a restart', async () => {
    await kubectl('create', 'configmap', 'kept', '--from-literal=key=value');
    await server.restart();
    expect(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.key}')).toBe('value');
  });
});
