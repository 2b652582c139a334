import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { expect, test } from '@jest/globals';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { cli, startCli } from './support/cli.ts';
import { create, pipelineRun, taskRun, until } from './support/run.ts';

const LIMIT_MS = 240_000;

test(
  'tektrace up reports the runs that others create: start, result, duration, the failed step with its last lines, a link',
  async () => {
    const child = startCli(['up']);
    const said = (): string => child.output().stdout;
    const says = (pattern: RegExp): Promise<RegExpExecArray> =>
      until(() => pattern.exec(said()) ?? undefined, `it says ${pattern}`, LIMIT_MS);
    try {
      const [, file = ''] = await says(/KUBECONFIG=(\S+)\n/);
      await says(/Runs that you create with kubectl are reported here/);
      const client = createKubeClient(loadKubeConfig({ file }));
      await create(client, pipelineRun('bad', [{ name: 'jest', script: 'seq 3; echo "expected 4, got 5"; exit 3' }]));
      await create(client, taskRun('good', [{ name: 'make', script: 'true' }]));
      await says(/ {2}Started {2}default\/bad-\w+\n/);
      await says(/ {2}Started {2}default\/good-\w+\n/);
      await says(/ {2}Succeeded {2}default\/good-\w+ {2}[\d.]+ m?s\n {4}http:\/\/127\.0\.0\.1:\d+\/r\/[\w-]{43}\n/);
      await says(
        / {2}Failed {2}default\/bad-\w+ {2}[\d.]+ m?s\n {4}only › jest {2}exit code 3\n(?: {4}│ [123]\n){3} {4}│ expected 4, got 5\n {4}http/,
      );
      // The TaskRun of the PipelineRun is a part of it.
      expect(said().match(/Started/g)).toHaveLength(2);
      client.close();
    } finally {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
  },
  2 * LIMIT_MS,
);

test('a port that is taken is named with the option that chooses another', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await cli(['up', '--page-port', String(port)]);
  other.close();
  expect(stderr).toContain(`tektrace: port ${port} is taken: choose another with --page-port\n`);
  expect(code).toBe(2);
});
