import type { LogPlace } from '../../local/viewer/log-place.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { LogLine } from './steps.ts';

/** These explain most failures, and leave room for the trace on the screen. */
export const MAX_LINES = 10;

/** Longer lines are shortened; they were printed completely before. */
const MAX_CHARACTERS = 2000;

/** Keeps the last lines of each step, which are printed with its failure. */
export class LastLines {
  readonly #lines = new Map<string, string[]>();

  add({ pod, step, text }: LogLine): void {
    const key = `${pod}/${step}`;
    const lines = this.#lines.get(key) ?? [];
    lines.push(text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text);
    if (lines.length > MAX_LINES) lines.shift();
    this.#lines.set(key, lines);
  }

  of(pod: string | undefined, step: string | undefined): string[] {
    return this.#lines.get(`${pod}/${step}`) ?? [];
  }
}

/** The last lines of a container's log, from the cluster. None if the request fails: the Pod may be gone. Throws the signal's reason when it aborts. */
export async function readLastLines(
  client: KubeClient,
  { namespace, pod, container }: LogPlace,
  signal: AbortSignal,
): Promise<string[]> {
  const path = resourcePath(PODS, { namespace, name: pod, subresource: 'log' });
  const said: string[] = [];
  try {
    for await (const text of await client.stream(path, { query: { container, tailLines: MAX_LINES }, signal }))
      said.push(text);
  } catch (error) {
    if (signal.aborted) throw error;
  }
  return said;
}
