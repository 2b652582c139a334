import { readCrds } from '../../../cli/local/crds.ts';
import { installCrd, makeNamespaces, startBoth } from '../harness/servers.ts';
import type { BothServers, ConformanceServer } from '../harness/servers.ts';
import { compare } from './compare.ts';
import type { Outcome } from './compare.ts';
import { execute } from './execute.ts';
import type { Step } from './step.ts';

const runs = ['taskruns', 'pipelineruns'];

async function installRuns({ client }: ConformanceServer): Promise<void> {
  const crds = (await readCrds()) as { metadata: { name: string } }[];
  for (const resource of runs) {
    const crd = crds.find(({ metadata }) => metadata.name === `${resource}.tekton.dev`);
    if (crd === undefined) throw new Error(`no CustomResourceDefinition of ${resource} is there`);
    await installCrd(client, crd, `/apis/tekton.dev/v1/${resource}`);
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
