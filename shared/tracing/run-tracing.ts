import type { Attributes } from '@opentelemetry/api';

import type { PipelineRun, TaskRun } from '../tekton/types.ts';

export interface ReconcileSpan {
  /** Upstream's name: `PipelineRun:ReconcileKind` or `TaskRun:ReconcileKind`. */
  name: 'PipelineRun:ReconcileKind' | 'TaskRun:ReconcileKind';
  run: PipelineRun | TaskRun;
  attributes?: Attributes;
}

/** The tracing interface of the drive controllers. */
export interface RunTracing {
  /**
   * False while the lifecycle controller must still write the run's own span context. The reconcile then returns; the annotation's arrival
   * requeues the run. Always true without an exporter.
   */
  ready(run: PipelineRun | TaskRun): boolean;
  /** Runs one reconcile inside its span, below the run's own span. The spans of its functions are sent together after its end. */
  reconcile<T>(span: ReconcileSpan, fn: () => Promise<T>): Promise<T>;
}

/** Without an exporter: nothing is recorded, at no cost. */
export const noRunTracing: RunTracing = { ready: () => true, reconcile: (_span, fn) => fn() };
