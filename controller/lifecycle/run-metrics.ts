import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import { completionOf, isDone } from '../../shared/tekton/conditions.ts';
import { traceParentOf } from '../../shared/tracing/provenance.ts';
import { limited, OTHER } from './label-limit.ts';
import type { Entry, Run } from './ledger.ts';
import { isMarked } from './marks.ts';
import { isBad, outcomeOf } from './result.ts';
import { definitionName } from '../../shared/tracing/definition-name.ts';
import { runInterval } from './run-interval.ts';
import { createTaskMetrics } from './task-metrics.ts';
import { epochMs } from './times.ts';

/** Buckets in seconds: a build takes from a second to hours. */
const DURATION_BUCKETS = [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400];
const LAG_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

/** Maximum of values of a label; more values share one. */
const MAX_PIPELINES = 1000;
const MAX_ERROR_TYPES = 50;

/** Metrics of runs: the CI/CD metrics of OpenTelemetry's semantic conventions 1.44. */
export interface RunMetrics {
  /** To be called for each state of a run, with the state `before` (absent: the first). A finished run is counted once. */
  seen(entry: Entry, before: Run | undefined): void;
  /** To be called when the collector has accepted a run's own span, at `nowMs`. */
  exported(entry: Entry, nowMs: number): void;
}

/** Whether a run has its own `RUN` span: a PipelineRun, or a TaskRun in no other run's trace. */
const isPipelineRun = (run: Run): boolean => run.kind === 'PipelineRun' || traceParentOf(run) === undefined;

const PIPELINE_LABELS = ['k8s_namespace_name', 'cicd_pipeline_name'] as const;

export interface RunMetricsOptions {
  /** The existing runs, to count active ones. */
  running: () => Iterable<Entry>;
  /** The run with a uid. */
  runOf: (uid: string) => Run | undefined;
  /** Only runs that are traced count: those of an ignored namespace are in no metric. */
  isTraced: (entry: Entry) => boolean;
}

/** Registers the metrics of runs and their tasks, once per registry. As in the conventions, a run is `pending` until the controller starts it, then `executing`. */
export function createRunMetrics(registry: Registry, { running, runOf, isTraced }: RunMetricsOptions): RunMetrics {
  const taskSeen = createTaskMetrics(registry, { runOf });
  const duration = new Histogram({
    name: 'cicd_pipeline_run_duration_seconds',
    help: 'Duration of runs, by state',
    labelNames: [...PIPELINE_LABELS, 'cicd_pipeline_run_state', 'cicd_pipeline_result', 'error_type'] as const,
    buckets: DURATION_BUCKETS,
    enableExemplars: true,
    registers: [registry],
  });
  const errors = new Counter({
    name: 'cicd_pipeline_run_errors_total',
    help: 'Runs that ended in failure, error or timeout',
    labelNames: [...PIPELINE_LABELS, 'error_type'] as const,
    enableExemplars: true,
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'tektrace_run_export_lag_seconds',
    help: 'From the end of a run to the acceptance of its last span',
    buckets: LAG_BUCKETS,
    registers: [registry],
  });
  const limitedPipeline = limited(MAX_PIPELINES);
  const limitedErrorType = limited(MAX_ERROR_TYPES);
  const pipelineOf = (run: Run): Record<(typeof PIPELINE_LABELS)[number], string> => {
    const names = [run.metadata.namespace ?? '', definitionName(run)];
    const isOther = limitedPipeline(names.join('/')) === OTHER;
    const [namespace = OTHER, pipeline = OTHER] = isOther ? [] : names;
    return { k8s_namespace_name: namespace, cicd_pipeline_name: pipeline };
  };
  new Gauge({
    name: 'cicd_pipeline_run_active',
    help: 'Runs that have not ended, by state',
    labelNames: [...PIPELINE_LABELS, 'cicd_pipeline_run_state'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const entry of running()) {
        const { run, deletedMs } = entry;
        if (!isPipelineRun(run) || isDone(run) || deletedMs !== undefined || !isTraced(entry)) continue;
        const state = run.status?.startTime === undefined ? 'pending' : 'executing';
        this.inc({ ...pipelineOf(run), cicd_pipeline_run_state: state });
      }
    },
  });

  function count({ run, own, deletedMs }: Entry): void {
    const labels = pipelineOf(run);
    const exemplarLabels: Record<string, string> = own?.sampled ? { trace_id: own.traceId, span_id: own.spanId } : {};
    const observe = (fromMs: number, toMs: number, more: Record<string, string>): void =>
      duration.observe({
        labels: { ...labels, ...more },
        value: Math.max(0, toMs - fromMs) / 1000,
        exemplarLabels,
      });
    const interval = runInterval(run, deletedMs);
    const endedMs = epochMs(completionOf(run)) ?? interval.endMs;
    const startedMs = epochMs(run.status?.startTime);
    observe(interval.startMs, startedMs ?? endedMs, { cicd_pipeline_run_state: 'pending' });
    const { result, errorType } = outcomeOf(run);
    const error = isBad(result) ? limitedErrorType(errorType ?? OTHER) : undefined;
    if (startedMs !== undefined)
      observe(startedMs, endedMs, {
        cicd_pipeline_run_state: 'executing',
        cicd_pipeline_result: result,
        ...(error !== undefined && { error_type: error }),
      });
    if (error !== undefined) errors.inc({ labels: { ...labels, error_type: error }, exemplarLabels });
  }

  return {
    seen(entry, before) {
      if (isTraced(entry)) taskSeen(entry, before);
      const hasEnded = isDone(entry.run) || entry.deletedMs !== undefined;
      if (!hasEnded || !isPipelineRun(entry.run) || !isTraced(entry)) return;
      // If a run ended before this process started and is exported, an earlier process has counted it.
      const isNew = before ? !isDone(before) : entry.own?.sampled === true && !isMarked(entry);
      if (isNew) count(entry);
    },
    exported({ run, deletedMs }, nowMs) {
      if (isPipelineRun(run)) lag.observe(Math.max(0, nowMs - runInterval(run, deletedMs).endMs) / 1000);
    },
  };
}
