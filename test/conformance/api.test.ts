import { afterAll, beforeAll, describe, test } from '@jest/globals';

import { cases } from './api/cases.ts';
import { compareCase, namespaceOf, problemsOf } from './harness/run.ts';
import { makeNamespaces, startBoth } from './harness/servers.ts';
import type { BothServers } from './harness/servers.ts';

const START_TIMEOUT_MS = 300_000;
/** What is waited for in a case has its own, shorter, timeouts. */
const CASE_TIMEOUT_MS = 180_000;

let servers: BothServers;

beforeAll(async () => {
  servers = await startBoth();
  const namespaces = cases.map((_one, index) => namespaceOf(index));
  for (const server of [servers.real, servers.embedded]) await makeNamespaces(server, namespaces);
}, START_TIMEOUT_MS);

afterAll(async () => {
  // Undefined where the servers could not be started.
  await (servers as BothServers | undefined)?.stop();
});

const areas = Map.groupBy(
  cases.map((one, index) => ({ one, namespace: namespaceOf(index) })),
  ({ one }) => one.area,
);

describe('the embedded API server answers as a kube-apiserver does', () => {
  describe.each([...areas])('%s', (_area, listed) => {
    test.each(listed.map(({ one, namespace }) => [one.name, one, namespace] as const))(
      '%s',
      async (_name, one, namespace) => {
        const problems = problemsOf(await compareCase(servers, one, namespace));
        if (problems.length > 0) throw new Error(problems.join('\n'));
      },
      CASE_TIMEOUT_MS,
    );
  });
});
