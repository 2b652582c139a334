import type { AnnotationChanges } from '../../shared/kubernetes/patch.ts';
import { carrierNames } from '../../shared/tekton/annotations.ts';
import { isParent } from '../../shared/tekton/parent-of.ts';
import type { Parent } from '../../shared/tekton/parent-of.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { ChildReference, PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { isClaimed, traceParentOf } from '../../shared/tracing/provenance.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';
import { driftOf, fixContext, withFixedContext } from './fixed.ts';
import type { FixedContext } from './fixed.ts';
import { offeredTrace, startedTrace } from './upstream-trace.ts';
import { isPending } from './waits.ts';

export type Run = PipelineRun | TaskRun;

/** The last known state of a run, and the state of its export. */
export interface Entry {
  /** With the context that was fixed, whatever has been written since. */
  run: Run;
  /** When this process saw it first, in milliseconds since the epoch. */
  seenMs: number;
  /** The id of the own span that this process has written last, even if the watch has not brought it yet. */
  stamped?: string | undefined;
  /** Whether the API server refused its context: it has none, and gets none from this process. */
  untraced?: boolean;
  /** Whether it was once not to be traced (`tektrace.dev/ignore`). It stays so: else the end of its trace would be sent without the beginning. */
  ignored?: boolean;
  /** Its context, kept from the moment at which it is known to be its own, and not another run's or a client's. */
  fixed?: FixedContext | undefined;
  /** Ids of the traces that its annotation told upstream to join, since this process saw it first and until its context was fixed. */
  offered?: Set<string>;
  /** The trace that upstream has started for it by itself, the first one that this process has seen. */
  started?: string | undefined;
  /** What has been written over it and is to be put back. */
  drift?: AnnotationChanges | undefined;
  /** How often it was put back. */
  putBack: number;
  /** Its own span, parsed once from its annotation when the object enters the ledger. */
  own?: RunSpan | undefined;
  /** When its end was observed, in milliseconds since the epoch; undefined if the first list had it. */
  doneSeenMs?: number;
  /** When its deletion was observed, in milliseconds since the epoch. From then on only this entry has its data. */
  deletedMs?: number;
  /** Whether it was pending at some time: once it has started, the object does not say so. */
  wasPending?: boolean;
  /** Ids of spans that were sent before the run was done. */
  early: Set<string>;
  /** Nothing more is sent for it: its spans were accepted, refused or dropped, or are not wanted. */
  finished: boolean;
  /** Whether the collector permanently refused some of its spans. */
  refused?: boolean;
  /** Keys (`childKey`) of its TaskRuns and child PipelineRuns that are finished here, and deleted. */
  goneChildren: Set<string>;
  /** Whether this process has written its mark, even if the watch has not brought it yet. */
  marked?: boolean;
}

/** The key of a child in its PipelineRun's status: names are unique within a kind. */
export function childKey(child: KubeObject | ChildReference): string {
  return `${child.kind ?? ''}/${'metadata' in child ? child.metadata.name : child.name}`;
}

const newEntry = (run: Run, seenMs: number): Entry => ({
  ...{ run, seenMs, finished: false, putBack: 0 },
  ...{ early: new Set(), goneChildren: new Set() },
});

function noteUpstream(entry: Entry, run: Run): void {
  const offered = offeredTrace(run);
  if (offered !== undefined) (entry.offered ??= new Set()).add(offered);
  entry.started ??= startedTrace(run, entry.offered);
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

/**
 * Every run that exists, or was deleted and is not exported yet, by uid. What lies above a run, and below a PipelineRun:
 *
 * | upwards | downwards | which |
 * |---|---|---|
 * | `traceParentOf(run)` (provenance.ts) | | the PipelineRun that the owner reference names, whether it is in the ledger or not |
 * | `ownerOf(run)`, `ownersOf(run)` | `descendantsOf(run)` | that PipelineRun's entry, and all above it, whatever context they have |
 * | `ownerWaitingFor(run)` | `childrenAwaitedBy(run)` | the owner, if its root is sent after the run's spans: both are in one trace |
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #children = new Map<string, Set<string>>();

  get(uid: string): Entry | undefined {
    return this.#entries.get(uid);
  }

  all(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** `seenMs` counts for a new run. */
  observe(run: Run, seenMs = 0): Entry {
    const uid = run.metadata.uid ?? '';
    const known = this.#entries.get(uid);
    if (known) this.#unindex(known);
    const entry = known ?? newEntry(run, seenMs);
    const { fixed } = entry;
    entry.run = fixed ? withFixedContext(run, fixed) : run;
    entry.drift = fixed && driftOf(run, fixed);
    if (!fixed) noteUpstream(entry, run);
    entry.own = runSpan(entry.run);
    // The context of a run without an owner is its own if no client wrote it; that of a child must also fit its owner's, which stamping checks.
    if (!traceParentOf(entry.run) && entry.own && !this.isForeign(entry)) this.fix(entry);
    if (isPending(run)) entry.wasPending = true;
    this.#entries.set(uid, entry);
    const parent = traceParentOf(entry.run);
    if (parent) add(this.#children, familyKey(parent), uid);
    return entry;
  }

  /** From now on the run has the context that it has now. */
  fix(entry: Entry): void {
    entry.fixed ??= fixContext(entry.run);
    delete entry.offered;
  }

  /** From now on the run has this context, which is written nowhere: it is that of its owner. */
  derive(entry: Entry, context: string): void {
    const { run } = entry;
    const annotations = { ...run.metadata.annotations, [carrierNames(run.kind).own]: context };
    entry.run = { ...run, metadata: { ...run.metadata, annotations } };
    entry.own = runSpan(entry.run);
    entry.fixed = fixContext(entry.run, true);
    delete entry.offered;
  }

  /** The context is to be replaced. */
  unfix(entry: Entry): void {
    delete entry.fixed;
  }

  /** Whether what a run has as its context is not its own: a client wrote it, or it is not that of the run which owns it. */
  isForeign({ run, own, stamped }: Entry): boolean {
    if (!own || own.spanId === stamped) return false;
    const owners = run.kind === 'TaskRun' ? this.ownerOf(run)?.own : undefined;
    if (owners) return owners.traceId !== own.traceId || owners.spanId !== own.parentSpanId;
    return isClaimed(run.metadata, carrierNames(run.kind).own);
  }

  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.ownerOf(entry.run)?.goneChildren.add(childKey(entry.run));
    this.#unindex(entry);
    this.#entries.delete(uid);
  }

  /** The PipelineRun that owns a run, if it is in the ledger. In a cycle of owner references no run has an owner. */
  ownerOf(run: Run): Entry | undefined {
    const owner = this.#named(run);
    const above = new Set<Entry>();
    for (let next = owner; next && !above.has(next); next = this.#named(next.run)) above.add(next);
    return [...above].some((entry) => entry.run.metadata.uid === run.metadata.uid) ? undefined : owner;
  }

  #named(run: Run): Entry | undefined {
    const parent = traceParentOf(run);
    const entry = parent && this.#entries.get(parent.uid);
    return entry && isParent(entry.run, parent) ? entry : undefined;
  }

  /** The owners of a run, from its direct owner upwards. */
  ownersOf(run: Run): Entry[] {
    const owner = this.ownerOf(run);
    return owner ? [owner, ...this.ownersOf(owner.run)] : [];
  }

  /** Whether the run's owner reference names a PipelineRun of another namespace, where no owner can be. */
  isOwnerElsewhere(run: Run): boolean {
    const parent = traceParentOf(run);
    const entry = parent && this.#entries.get(parent.uid);
    return parent !== undefined && entry !== undefined && !isParent(entry.run, parent);
  }

  /** The PipelineRun whose root waits for the run: the owner of a TaskRun; that of a child PipelineRun only if both have the same trace. */
  ownerWaitingFor(run: Run): Entry | undefined {
    const owner = this.ownerOf(run);
    if (!owner || run.kind === 'TaskRun') return owner;
    const own = this.get(run.metadata.uid ?? '')?.own;
    return !own || own.traceId === owner.own?.traceId ? owner : undefined;
  }

  /** The TaskRuns and child PipelineRuns that a PipelineRun's root waits for. */
  childrenAwaitedBy(run: Run): Entry[] {
    return this.#ownedBy(run).filter((child) => this.ownerWaitingFor(child.run) !== undefined);
  }

  /** All runs that a PipelineRun owns, at any depth, whatever context they have. */
  descendantsOf(run: Run): Entry[] {
    const owned = this.#ownedBy(run).filter((child) => this.ownerOf(child.run) !== undefined);
    return owned.flatMap((child) => [child, ...this.descendantsOf(child.run)]);
  }

  /** Keys (`childKey`) of the present and deleted children of a PipelineRun. */
  seenChildren(entry: Entry): Set<string> {
    const owned = this.#ownedBy(entry.run).map(({ run }) => childKey(run));
    return new Set([...owned, ...entry.goneChildren]);
  }

  #ownedBy({ metadata: { namespace = '', name = '', uid = '' } }: Run): Entry[] {
    return this.#find(this.#children.get(familyKey({ namespace, name, uid })));
  }

  #find(uids: Set<string> | undefined): Entry[] {
    return [...(uids ?? [])].map((uid) => this.#entries.get(uid)).filter((entry) => entry !== undefined);
  }

  #unindex({ run }: Entry): void {
    const parent = traceParentOf(run);
    if (parent) remove(this.#children, familyKey(parent), run.metadata.uid ?? '');
  }
}
