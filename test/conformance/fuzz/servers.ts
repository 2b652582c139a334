import { setTimeout as delay } from 'node:timers/promises';

import { readCrds } from '../../../cli/local/crds.ts';
import type { RawClient } from '../harness/client.ts';
import { makeNamespaces, startBoth } from '../harness/servers.ts';
import type { BothServers, ConformanceServer } from '../harness/servers.ts';
import { compare } from './compare.ts';
import type { Outcome } from './compare.ts';
import { execute } from './execute.ts';
import type { Step } from './step.ts';

const SERVED_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const runs = ['taskruns.tekton.dev', 'pipelineruns.tekton.dev'];

async function untilServed(client: RawClient, resource: string): Promise<void> {
  const deadline = Date.now() + SERVED_TIMEOUT_MS;
  for (;;) {
    const { status } = await client.send('GET', `/apis/tekton.dev/v1/${resource}`);
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${resource} are not served after ${SERVED_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}

async function installRuns({ client }: ConformanceServer): Promise<void> {
  const crds = (await readCrds()) as { metadata: { name: string } }[];
  for (const body of crds.filter(({ metadata }) => runs.includes(metadata.name))) {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const { status, body: answer } = await client.send('POST', path, { body });
    if (status !== 201) throw new Error(`${body.metadata.name}: ${status} ${JSON.stringify(answer)}`);
    await untilServed(client, body.metadata.name.split('.')[0] ?? '');
  }
}

/** Both servers, and what plays a sequence on them. */
export interface FuzzServers {
  compare(steps: Step[]): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Namespaces that are made while others are played in: furnishing one takes longer than a sequence. */
function createNamespaces({ embedded, real }: BothServers, ahead: number): () => Promise<string> {
  let count = 0;
  const ready: Promise<string>[] = [];
  const make = async (name: string): Promise<string> => {
    await Promise.all([makeNamespaces(embedded, [name]), makeNamespaces(real, [name])]);
    return name;
  };
  return () => {
    while (ready.length <= ahead) {
      const next = make(`fuzz-${++count}`);
      // Told to whoever takes it.
      next.catch(() => undefined);
      ready.push(next);
    }
    return ready.shift() as Promise<string>;
  };
}

/** Starts both servers with the custom resources that sequences are about. Throws when the real programs are not there. */
export async function startFuzzServers(ahead: number): Promise<FuzzServers> {
  const both = await startBoth();
  try {
    await Promise.all([installRuns(both.embedded), installRuns(both.real)]);
    const nextNamespace = createNamespaces(both, ahead);
    return {
      async compare(steps) {
        const namespace = await nextNamespace();
        return compare(
          (played) => execute(both.embedded.client, namespace, played),
          (played) => execute(both.real.client, namespace, played),
          steps,
        );
      },
      stop: () => both.stop(),
    };
  } catch (error) {
    await both.stop();
    throw error;
  }
}
