import { createHooks } from './hooks.ts';
import { differences, normalize } from './normalize.ts';
import type { BothServers, ConformanceServer } from './servers.ts';
import { createSession } from './session.ts';
import type { ConformanceCase } from './types.ts';
import type { Json } from './client.ts';

export interface Run {
  recording: Json;
  /** What did not hold on this server. */
  failure?: string;
}

export interface Comparison {
  embedded: Run;
  real: Run;
  /** `embedded ≠ real`, by path; empty where the recordings are equal. */
  differences: string[];
}

/** What keeps a case from being equal, one line each: it does not hold on a server, or was answered differently. */
export function problemsOf({ embedded, real, differences: found }: Comparison): string[] {
  return [
    ...(embedded.failure === undefined ? [] : [`does not hold on the embedded server: ${embedded.failure}`]),
    ...(real.failure === undefined ? [] : [`does not hold on the real server: ${real.failure}`]),
    ...found.map((difference) => `embedded ≠ real: ${difference}`),
  ];
}

/** The namespace of the case at `index` of the list of all cases. */
export const namespaceOf = (index: number): string => `case-${index}`;

/** Runs a case on one server, whose namespace must be there. */
export async function runCase(server: ConformanceServer, one: ConformanceCase, namespace: string): Promise<Run> {
  const hooks = createHooks(server.cluster, server.client, server.hooks, namespace);
  const session = createSession({ client: server.client, namespace, hooks, compact: () => server.cluster.compact() });
  let failure: string | undefined;
  try {
    await one.run(session);
  } catch (error) {
    failure = error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
  } finally {
    session.close();
    await hooks.remove();
  }
  return { recording: normalize(session.entries), ...(failure === undefined ? {} : { failure }) };
}

/** Runs a case on both servers at once. */
export async function compareCase(servers: BothServers, one: ConformanceCase, namespace: string): Promise<Comparison> {
  const [embedded, real] = await Promise.all([
    runCase(servers.embedded, one, namespace),
    runCase(servers.real, one, namespace),
  ]);
  return { embedded, real, differences: differences(embedded.recording, real.recording) };
}
