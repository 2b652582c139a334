import { LruMap } from '../../../shared/runtime/lru.ts';
import type { ContainerRecord } from '../pod/container-record.ts';
import type { ContainerLog } from './container-log.ts';
import { readLog } from './read-log.ts';

const MAX_PODS = 100;
/** Of a longer log only the end is kept that is in memory anyway. */
const MAX_BYTES = 32 * 1024;
const NEWLINE = 10;

async function whole(log: ContainerLog, now: () => Date): Promise<Buffer> {
  const request = { namespace: '', pod: '', container: '', follow: false, timestamps: false };
  const parts: Buffer[] = [];
  for await (const part of readLog(log, { ...request, signal: new AbortController().signal }, now)) parts.push(part);
  return Buffer.concat(parts);
}

/** Its last lines, after one that says so. */
function lastLines({ tail }: ContainerLog): Buffer {
  const first = '[tektrace] the Pod was deleted; these are the last lines of its log\n';
  return Buffer.concat([Buffer.from(first), tail.subarray(tail.indexOf(NEWLINE) + 1)]);
}

/** The logs of the last Pods that were deleted: Tekton deletes the Pod of a TaskRun that it cancels, or whose time is over. */
export class DepartedLogs {
  readonly #pods = new LruMap<string, Map<string, Buffer>>(MAX_PODS);
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Keeps the logs of a Pod's containers; call it before its files are removed. A log that can't be read is left out. */
  async keep(namespace: string, pod: string, records: readonly ContainerRecord[]): Promise<void> {
    const logs = new Map<string, Buffer>();
    for (const { spec, log } of records) {
      if (!log) continue;
      const kept = log.size > MAX_BYTES ? lastLines(log) : await whole(log, this.#now).catch(() => undefined);
      if (kept) logs.set(spec.name, kept);
    }
    this.#pods.set(`${namespace}/${pod}`, logs);
  }

  /** What was kept of a container's log. */
  find(namespace: string, pod: string, container: string): Buffer | undefined {
    return this.#pods.get(`${namespace}/${pod}`)?.get(container);
  }
}
