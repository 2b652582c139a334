import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PodLogRequest } from '../../../local/pod-logs.ts';
import { start } from './support/client.ts';
import type { Client, Running } from './support/client.ts';
import { pod, PODS } from './support/objects.ts';

let running: Running;
let client: Client;
const asked: PodLogRequest[] = [];
let fail: string | undefined;

async function* logs(request: PodLogRequest): AsyncGenerator<Buffer> {
  asked.push(request);
  if (fail !== undefined) throw new Error(fail);
  yield Buffer.from(`first of ${request.container}\n`);
  yield Buffer.from('second\n');
}

beforeAll(async () => {
  running = await start({ podLogs: () => ({ logs }) });
  client = running.client;
  const containers = ['a', 'b'].map((name) => ({ name, image: 'busybox' }));
  await client.request('POST', PODS, pod('one', {}, { nodeName: 'node' }));
  await client.request('POST', PODS, pod('nowhere'));
  await client.request(
    'POST',
    PODS,
    pod('two', {}, { nodeName: 'node', containers, initContainers: [{ name: 'prepare', image: 'busybox' }] }),
  );
});
afterAll(() => running.stop());

describe('logs', () => {
  test("are streamed as text, with the request's options handed on", async () => {
    const { code, body, headers } = await client.request(
      'GET',
      `${PODS}/one/log?follow=true&tailLines=5&timestamps=true`,
    );
    expect(code).toBe(200);
    expect(headers['content-type']).toBe('text/plain');
    expect(body).toBe('first of main\nsecond\n');
    expect(asked.at(-1)).toMatchObject({
      namespace: 'default',
      pod: 'one',
      container: 'main',
      follow: true,
      tailLines: 5,
      timestamps: true,
    });
  });

  test('of a Pod with several containers need a name, and a right one', async () => {
    const { code, body } = await client.request('GET', `${PODS}/two/log`);
    expect(code).toBe(400);
    expect(body.message).toBe(
      'a container name must be specified for pod two, choose one of: [a b] or one of the init containers: [prepare]',
    );
    expect((await client.request('GET', `${PODS}/two/log?container=prepare`)).body).toContain('first of prepare');
    expect((await client.request('GET', `${PODS}/two/log?container=c`)).body.message).toBe(
      'container c is not valid for pod two',
    );
  });

  test('of a Pod that is on no node yet are empty', async () => {
    const before = asked.length;
    expect(await client.request('GET', `${PODS}/nowhere/log`)).toMatchObject({ code: 204, body: '' });
    expect(asked).toHaveLength(before);
  });

  test('of a container that has not started are 400 with the reason', async () => {
    fail = 'container "main" in pod "one" is waiting to start: ContainerCreating';
    const { code, body } = await client.request('GET', `${PODS}/one/log`);
    fail = undefined;
    expect(code).toBe(400);
    expect(body).toMatchObject({
      kind: 'Status',
      message: 'container "main" in pod "one" is waiting to start: ContainerCreating',
    });
  });
});
