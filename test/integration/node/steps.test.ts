import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Pod } from '../../../local/node/types.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { isolations } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';
import { tektonPod } from './tekton-pod.ts';

function message(pod: Pod, step: number): Record<string, string> {
  const text = pod.status?.containerStatuses?.[step]?.state.terminated?.message ?? '[]';
  return Object.fromEntries(
    (JSON.parse(text) as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
  );
}

const exitCodes = (pod: Pod): (number | undefined)[] =>
  (pod.status?.containerStatuses ?? []).map(({ state }) => state.terminated?.exitCode);

describe.each(isolations)('Tekton steps in a node with isolation %s', (isolation) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation });
  });
  afterAll(() => cluster.close());

  const run = async (...parameters: Parameters<typeof tektonPod>): Promise<Pod> =>
    cluster.ended((await cluster.createPod(tektonPod(...parameters))).metadata.name ?? '');

  test('run in order, share /workspace and hand on results', async () => {
    const pod = await run([
      { script: 'echo one > /workspace/file; printf first > /tekton/results/a', args: ['-results', 'a,missing'] },
      {
        script:
          '#!/usr/bin/env bash\ncat /workspace/file; [[ -L /tekton/steps/step-0 ]]; cat /tekton/steps/step-0/exitCode',
      },
    ]);
    expect(pod.status?.phase).toBe('Succeeded');
    expect(message(pod, 0)).toEqual({ StartedAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/), a: 'first' });
    expect(await cluster.log(pod.metadata.name ?? '', 'step-1')).toBe('one\n0');
    expect(Date.parse(message(pod, 1).StartedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(message(pod, 0).StartedAt ?? ''),
    );
  });

  test('a failed step fails the Pod with its exit code and skips the steps after it', async () => {
    const pod = await run([{ script: 'exit 7' }, { script: 'echo never' }]);
    expect(pod.status?.phase).toBe('Failed');
    expect(exitCodes(pod)).toEqual([7, 1]);
    expect(message(pod, 1).Reason).toBe('Skipped');
  });

  test('onError continue keeps the exit code and goes on', async () => {
    const pod = await run([{ script: 'exit 7', args: ['-on_error', 'continue'] }, { script: 'echo after' }]);
    expect(exitCodes(pod)).toEqual([0, 0]);
    expect(message(pod, 0).ExitCode).toBe('7');
  });

  test('a step that exceeds its timeout is killed and says so', async () => {
    const pod = await run([{ script: 'sleep 60', args: ['-timeout', '100ms'] }]);
    expect(exitCodes(pod)).toEqual([1]);
    expect(message(pod, 0).Reason).toBe('TimeoutExceeded');
  });

  test('a program that is not there ends the step with 127 and its name', async () => {
    const pod = await run([{ script: '#!/no/such/interpreter\n' }]);
    expect(exitCodes(pod)).toEqual([127]);
    expect(await cluster.log(pod.metadata.name ?? '', 'step-0')).toContain(
      'script-0: its interpreter (the #! line) is not on this machine',
    );
  });

  test('a script whose #! line is not its first line ends the step with 126, as the kernel refuses it', async () => {
    const pod = await run([{ script: '\n#!/bin/sh\ntrue\n' }]);
    expect(exitCodes(pod)).toEqual([126]);
    expect(await cluster.log(pod.metadata.name ?? '', 'step-0')).toContain(
      'script-0: exec format error: it is no binary, and its first line is no #! line',
    );
  });

  test('a result past 4096 bytes fails the step with the reason', async () => {
    const pod = await run([
      { script: 'head -c 5000 /dev/zero | tr "\\0" x > /tekton/results/big', args: ['-results', 'big'] },
    ]);
    expect(exitCodes(pod)).toEqual([1]);
    expect(await cluster.log(pod.metadata.name ?? '', 'step-0')).toContain(
      'Termination message is above max allowed size 4096',
    );
  });

  test('stdout_path and stderr_path keep a copy of all of it, byte for byte', async () => {
    const [out, err] = ['seq 1 700000', "head -c 3000000 /dev/zero | tr '\\0' '\\377'"];
    const pod = await run([
      {
        script: `${out}; ${err} >&2; echo by name >> /dev/stdout; printf end > /dev/stderr`,
        args: ['-stdout_path', '/workspace/out/log', '-stderr_path', '/workspace/err/log'],
      },
      {
        script: `{ ${out}; echo by name; } | cmp - /workspace/out/log; { ${err}; printf end; } | cmp - /workspace/err/log`,
      },
    ]);
    expect(exitCodes(pod)).toEqual([0, 0]);
    const log = await cluster.log(pod.metadata.name ?? '', 'step-0');
    expect(log.replaceAll(/\ufffd|end/g, '')).toBe(
      `${Array.from({ length: 700_000 }, (_, i) => `${i + 1}\n`).join('')}by name\n`,
    );
  });

  test('a copy of the output that can not be written fails the step with the reason', async () => {
    const pod = await run([{ script: 'yes', args: ['-stdout_path', '/dev/full'] }]);
    expect(exitCodes(pod)).toEqual([1]);
    expect(await cluster.log(pod.metadata.name ?? '', 'step-0')).toMatch(
      /^(y\n)+y?Error executing command: ENOSPC: no space left on device/,
    );
  });

  test('what is written to standard output and error is in one order', async () => {
    const pod = await run([
      { script: 'i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); echo $i >&2; i=$((i+1)); done' },
    ]);
    const log = await cluster.log(pod.metadata.name ?? '', 'step-0');
    expect(log).toBe(Array.from({ length: 1000 }, (_, i) => `${i}\n`).join(''));
  });

  test('breakpoints are refused in words', async () => {
    const pod = await run([{ script: 'true', args: ['-breakpoint_on_failure'] }]);
    expect(exitCodes(pod)).toEqual([2]);
    expect(await cluster.log(pod.metadata.name ?? '', 'step-0')).toContain('-breakpoint_on_failure: not supported');
  });

  test('the first step starts once the Pod is annotated as ready', async () => {
    const { metadata } = await cluster.createPod(tektonPod([{ script: 'echo go' }], { waitForReady: true }));
    const name = metadata.name ?? '';
    const waiting = await cluster.podWhen(name, ({ status }) => status?.phase === 'Running');
    expect(waiting.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    const body = { metadata: { annotations: { 'tekton.dev/ready': 'READY' } } };
    await cluster.client.request('PATCH', resourcePath(PODS, { namespace: 'default', name }), {
      body,
      contentType: MERGE_PATCH,
    });
    expect((await cluster.ended(name)).status?.phase).toBe('Succeeded');
  });
});
