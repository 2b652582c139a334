import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpsRequest } from 'node:https';
import { createClient, start } from './support/client.ts';
import type { Running } from './support/client.ts';
import { CONFIGMAPS } from './support/objects.ts';

let running: Running;
beforeAll(async () => {
  running = await start();
});
afterAll(() => running.stop());

function anonymous(path: string, headers: Record<string, string> = {}): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      running.server.url + path,
      { ca: running.server.caPem, headers, agent: false, servername: 'localhost' },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('who may ask', () => {
  test('without a certificate or token everything but health and version is 401 with a Status', async () => {
    const { code, text } = await anonymous('/api/v1/namespaces');
    expect(code).toBe(401);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 });
    expect((await anonymous('/apis')).code).toBe(401);
    expect((await anonymous('/readyz')).text).toBe('ok');
    expect(JSON.parse((await anonymous('/version')).text)).toMatchObject({ major: '1', minor: '36' });
  });

  test('a name that could be rebound to this machine is refused', async () => {
    expect((await anonymous('/healthz', { host: 'example.com' })).code).toBe(403);
  });

  test('a kubeconfig carries its user and groups', async () => {
    const client = await createClient(running.server, { user: 'jane', groups: ['devs', 'ops'] });
    const { body } = await client.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    client.close();
    expect(body.status.userInfo).toMatchObject({ username: 'jane', groups: ['devs', 'ops', 'system:authenticated'] });
  });

  test("a ServiceAccount's token works until the account is gone", async () => {
    const { client } = running;
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await client.request('POST', accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bob' } });
    const { body } = await client.request('POST', `${accounts}/bob/token`, { spec: {} });
    const headers = { authorization: `Bearer ${body.status.token as string}` };
    expect((await anonymous(CONFIGMAPS, headers)).code).toBe(200);
    await client.request('DELETE', `${accounts}/bob`);
    expect((await anonymous(CONFIGMAPS, headers)).code).toBe(401);
  });
});
