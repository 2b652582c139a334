import { isParent, parentOf } from '../../shared/tekton/parent-of.ts';
import type { Parent } from '../../shared/tekton/parent-of.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { isCopy } from '../../shared/tracing/provenance.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';

export type Run = PipelineRun | TaskRun;

/** The last known state of a run, and the state of its export. */
export interface Entry {
  run: Run;
  /** Its own span, parsed once from its annotation when the object enters the ledger. */
  own?: RunSpan | undefined;
  /** When its deletion was observed, in milliseconds since the epoch. From then on only this entry has its data. */
  deletedMs?: number;
  /** Ids of spans that were sent before the run was done. */
  early: Set<string>;
  /** Whether its spans were accepted, or there are none to send. */
  settled: boolean;
  /** Whether the collector finally refused its spans. */
  refused?: boolean;
  /** Keys (`childKey`) of its settled and deleted TaskRuns and child PipelineRuns. */
  goneChildren: Set<string>;
  /** Whether this process has written its mark, even if the watch has not brought it yet. */
  marked?: boolean;
}

/** The key of a child in its PipelineRun's status: names are unique within a kind. */
export function childKey({ kind = '', name = '' }: { kind?: string | undefined; name?: string | undefined }): string {
  return `${kind}/${name}`;
}

/** The PipelineRun whose context a TaskRun has. Undefined for a child PipelineRun, which has its own context. */
export function parentOfTaskRun(run: Run): Parent | undefined {
  return run.kind === 'TaskRun' ? parentOf(run) : undefined;
}

const familyKey = ({ namespace, uid }: Parent): string => `${namespace}/${uid}`;

function add(index: Map<string, Set<string>>, key: string, uid: string): void {
  index.set(key, (index.get(key) ?? new Set()).add(uid));
}

function remove(index: Map<string, Set<string>>, key: string, uid: string): void {
  const uids = index.get(key);
  uids?.delete(uid);
  if (uids?.size === 0) index.delete(key);
}

/** Every run that exists, or was deleted and is not exported yet, by uid. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #children = new Map<string, Set<string>>();
  readonly #bySpan = new Map<string, Set<string>>();

  get(uid: string): Entry | undefined {
    return this.#entries.get(uid);
  }

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  observe(run: Run): Entry {
    const uid = run.metadata.uid ?? '';
    const known = this.#entries.get(uid);
    if (known) this.#unindex(known);
    const entry = known ?? { run, early: new Set(), settled: false, goneChildren: new Set() };
    entry.run = run;
    entry.own = runSpan(run);
    this.#entries.set(uid, entry);
    const parent = parentOf(run);
    if (parent) add(this.#children, familyKey(parent), uid);
    if (entry.own && !parentOfTaskRun(run)) add(this.#bySpan, entry.own.spanId, uid);
    return entry;
  }

  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.ownerOf(entry.run)?.goneChildren.add(childKey({ kind: entry.run.kind, name: entry.run.metadata.name }));
    this.#unindex(entry);
    this.#entries.delete(uid);
  }

  /** The PipelineRun that owns a run, if it is in the ledger. In a circle of owner references no run has an owner. */
  ownerOf(run: Run): Entry | undefined {
    const owner = this.#named(run);
    const above = new Set<Entry>();
    for (let next = owner; next && !above.has(next); next = this.#named(next.run)) above.add(next);
    return [...above].some((entry) => entry.run.metadata.uid === run.metadata.uid) ? undefined : owner;
  }

  #named(run: Run): Entry | undefined {
    const parent = parentOf(run);
    const entry = parent && this.#entries.get(parent.uid);
    return entry && isParent(entry.run, parent) ? entry : undefined;
  }

  /** The PipelineRuns above a run, by owner references, next first. */
  ownersOf(run: Run): Entry[] {
    const owner = this.ownerOf(run);
    return owner ? [owner, ...this.ownersOf(owner.run)] : [];
  }

  /** The PipelineRun whose root waits for the run: its owner; for a child PipelineRun only if both have the same trace. */
  parentOf(run: Run): Entry | undefined {
    const owner = this.ownerOf(run);
    if (!owner || run.kind === 'TaskRun') return owner;
    const own = this.get(run.metadata.uid ?? '')?.own;
    return !own || own.traceId === owner.own?.traceId ? owner : undefined;
  }

  /** The TaskRuns and child PipelineRuns that a PipelineRun's root waits for. */
  childrenOf(run: Run): Entry[] {
    return this.#ownedBy(run).filter((child) => this.parentOf(child.run) !== undefined);
  }

  /** The TaskRuns and PipelineRuns that a PipelineRun's root waits for, at any depth. */
  descendantsOf(run: Run): Entry[] {
    return this.childrenOf(run).flatMap((child) => [child, ...this.descendantsOf(child.run)]);
  }

  /** Keys (`childKey`) of the present and deleted children of a PipelineRun. */
  seenChildren(entry: Entry): Set<string> {
    const owned = this.#ownedBy(entry.run).map(({ run }) => childKey({ kind: run.kind, name: run.metadata.name }));
    return new Set([...owned, ...entry.goneChildren]);
  }

  #ownedBy({ metadata: { namespace = '', name = '', uid = '' } }: Run): Entry[] {
    return this.#find(this.#children.get(familyKey({ namespace, name, uid })));
  }

  /** Whether this run is a copy of another run with the same root span. */
  isDuplicate({ run, own }: Entry): boolean {
    if (!own || parentOfTaskRun(run) || !isCopy(run.metadata)) return false;
    const age = ({ metadata }: Run): string => `${metadata.creationTimestamp ?? ''} ${metadata.uid ?? ''}`;
    const others = this.#find(this.#bySpan.get(own.spanId)).filter(
      (other) => other.run.metadata.uid !== run.metadata.uid,
    );
    return others.some((other) => !isCopy(other.run.metadata) || age(other.run) < age(run));
  }

  #find(uids: Set<string> | undefined): Entry[] {
    return [...(uids ?? [])].map((uid) => this.#entries.get(uid)).filter((entry) => entry !== undefined);
  }

  #unindex({ run, own }: Entry): void {
    const uid = run.metadata.uid ?? '';
    const parent = parentOf(run);
    if (parent) remove(this.#children, familyKey(parent), uid);
    if (own && !parentOfTaskRun(run)) remove(this.#bySpan, own.spanId, uid);
  }
}
