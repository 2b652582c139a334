import type { Attributes } from '@opentelemetry/api';

import type { PipelineRun, TaskRun } from '../tekton/types.ts';

export interface ReconcileSpan {
  /** Upstream's name: `PipelineRun:ReconcileKind` or `TaskRun:ReconcileKind`. */
  name: 'PipelineRun:ReconcileKind' | 'TaskRun:ReconcileKind';
  run: PipelineRun | TaskRun;
  attributes?: Attributes;
}

/** What a drive controller needs of tracing. */
export interface RunTracing {
  /**
   * False while the run has no span context that can be trusted and one is about to be minted: the reconcile returns, and the
   * annotation's arrival brings it back. Always true when nothing is exported.
   */
  ready(run: PipelineRun | TaskRun): boolean;
  /** Runs one reconcile inside its span, below the run's own span; the spans of all its functions leave together when it has ended. */
  reconcile<T>(span: ReconcileSpan, fn: () => Promise<T>): Promise<T>;
}

/** No exporter: nothing is recorded, at no cost. */
export const noRunTracing: RunTracing = { ready: () => true, reconcile: (_span, fn) => fn() };
