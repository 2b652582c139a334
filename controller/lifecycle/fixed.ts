import type { AnnotationChanges } from '../../shared/kubernetes/patch.ts';
import type { OwnerReference } from '../../shared/kubernetes/types.ts';
import {
  ADMISSION_TIME,
  carrierNames,
  PARENT_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
} from '../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

type Run = PipelineRun | TaskRun;

/** What decides whose trace a run is in, as it was when the controller took it for the run's own: it stays so, whatever is written later. */
export interface FixedContext {
  annotations: Record<string, string | undefined>;
  ownerReferences: OwnerReference[] | undefined;
  /** The run's own context is its owner's and written nowhere: who asks for it asks the owner. */
  isDerived: boolean;
}

function fixedNames(run: Run): string[] {
  const { own, upstream } = carrierNames(run.kind);
  return [own, upstream, PARENT_SPAN_CONTEXT, RERUN_SPAN_CONTEXT, REFUSED_OWNER, ADMISSION_TIME];
}

export function fixContext(run: Run, isDerived = false): FixedContext {
  const { annotations = {}, ownerReferences } = run.metadata;
  const kept = Object.fromEntries(fixedNames(run).map((name) => [name, annotations[name]]));
  return { annotations: kept, ownerReferences, isDerived };
}

/** What has to be written so that the run has its context again; empty where nothing has changed. */
export function driftOf(run: Run, { annotations, isDerived }: FixedContext): AnnotationChanges {
  const { own } = carrierNames(run.kind);
  const changed = Object.entries(annotations).filter(([name, value]) => {
    const written = run.metadata.annotations?.[name];
    return written !== value && !(isDerived && name === own && written === undefined);
  });
  return Object.fromEntries(changed.map(([name, value]) => [name, value ?? null]));
}

/** The run as it is now, with the context that it has. */
export function withFixedContext<T extends Run>(run: T, { annotations, ownerReferences }: FixedContext): T {
  const { ownerReferences: _written, ...metadata } = run.metadata;
  const merged = Object.entries({ ...metadata.annotations, ...annotations });
  const kept = Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { ...run, metadata: { ...metadata, annotations: kept, ...(ownerReferences && { ownerReferences }) } };
}
