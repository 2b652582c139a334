import { isCopy } from '../../shared/tracing/provenance.ts';
import { isOwnedByPipelineRun, runSpan } from '../../shared/tracing/run-context.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

export type Run = PipelineRun | TaskRun;

/** A run as last seen, and what of it has left. */
export interface Entry {
  run: Run;
  /** When its deletion was seen, epoch milliseconds: from then on this is all that is left of it. */
  deletedMs?: number;
  /** Span ids sent before the run was done. */
  early: Set<string>;
  /** Its spans were accepted, or there are none to send. */
  settled: boolean;
  /** Names of its TaskRuns that are settled and gone. */
  goneChildren: Set<string>;
  /** Its mark was written, whether the watch has brought it yet or not. */
  marked?: boolean;
}

/** The uid of the PipelineRun that owns a TaskRun. */
export function ownerUid(run: Run): string | undefined {
  if (run.kind !== 'TaskRun' || !isOwnedByPipelineRun(run)) return undefined;
  return run.metadata.ownerReferences?.find((owner) => owner.kind === 'PipelineRun')?.uid;
}

function add(index: Map<string, Set<string>>, key: string, uid: string): void {
  index.set(key, (index.get(key) ?? new Set()).add(uid));
}

function remove(index: Map<string, Set<string>>, key: string, uid: string): void {
  const uids = index.get(key);
  uids?.delete(uid);
  if (uids?.size === 0) index.delete(key);
}

/** Every run that exists, or is gone and not yet exported, by uid. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #children = new Map<string, Set<string>>();
  readonly #bySpan = new Map<string, Set<string>>();

  get(uid: string): Entry | undefined {
    return this.#entries.get(uid);
  }

  observe(run: Run): Entry {
    const uid = run.metadata.uid ?? '';
    const known = this.#entries.get(uid);
    if (known) this.#unindex(known.run);
    const entry = known ?? { run, early: new Set(), settled: false, goneChildren: new Set() };
    entry.run = run;
    this.#entries.set(uid, entry);
    const owner = ownerUid(run);
    if (owner !== undefined) add(this.#children, owner, uid);
    else add(this.#bySpan, runSpan(run)?.spanId ?? '', uid);
    return entry;
  }

  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.#unindex(entry.run);
    this.#entries.delete(uid);
    this.#entries.get(ownerUid(entry.run) ?? '')?.goneChildren.add(entry.run.metadata.name ?? '');
  }

  childrenOf(uid: string): Entry[] {
    return this.#find(this.#children.get(uid));
  }

  /** Whether another run has the same root span and this one was made from that one's YAML. */
  isDuplicate(run: Run): boolean {
    const spanId = runSpan(run)?.spanId;
    if (spanId === undefined || ownerUid(run) !== undefined || !isCopy(run.metadata)) return false;
    const age = ({ metadata }: Run): string => `${metadata.creationTimestamp ?? ''} ${metadata.uid ?? ''}`;
    const others = this.#find(this.#bySpan.get(spanId)).filter((other) => other.run.metadata.uid !== run.metadata.uid);
    return others.some((other) => !isCopy(other.run.metadata) || age(other.run) < age(run));
  }

  #find(uids: Set<string> | undefined): Entry[] {
    return [...(uids ?? [])].map((uid) => this.#entries.get(uid)).filter((entry) => entry !== undefined);
  }

  #unindex(run: Run): void {
    const uid = run.metadata.uid ?? '';
    const owner = ownerUid(run);
    if (owner !== undefined) remove(this.#children, owner, uid);
    else remove(this.#bySpan, runSpan(run)?.spanId ?? '', uid);
  }
}
