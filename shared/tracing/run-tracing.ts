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
   * Milliseconds until the run may start without a span context; 0: it may start now. Until then the reconcile returns; the annotation's arrival
   * requeues the run. Always 0 without an exporter.
   */
  waitMs(run: PipelineRun | TaskRun): number;
  /** The run as it may be executed: without a span context that is not its own. */
  trusted<T extends PipelineRun | TaskRun>(run: T): T;
  /** The message of the run's first Event: its trace. Empty if the run is not recorded. */
  describe(run: PipelineRun | TaskRun): string;
  /** Runs one reconcile inside its span, below the run's own span. The spans of its functions are sent together after its end. */
  reconcile<T>(span: ReconcileSpan, fn: () => Promise<T>): Promise<T>;
}

/** Without an exporter: nothing is recorded, at no cost. */
export const noRunTracing: RunTracing = {
  waitMs: () => 0,
  trusted: (run) => run,
  describe: () => '',
  reconcile: (_span, fn) => fn(),
};
