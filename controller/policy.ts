import { IGNORE, MANAGED_BY } from '../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../shared/tekton/types.ts';
import { shouldSample } from '../shared/tracing/sampling.ts';
import type { Sampling } from '../shared/tracing/sampling.ts';
import { isBad } from './lifecycle/result.ts';

export const MANAGE = ['none', 'managed-by', 'all'] as const;
/** The runs that the drive controllers of a process execute: none, those with `spec.managedBy: tektrace.dev/controller`, or all. */
export type Manage = (typeof MANAGE)[number];

/** Upstream's value of `spec.managedBy`; equal to an absent one. */
const UPSTREAM_MANAGED_BY = 'tekton.dev/pipeline';

export interface PolicyOptions {
  manage: Manage;
  sampling: Sampling;
  /** Whether unsampled runs are exported if they end in failure, error or timeout. */
  keepFailures: boolean;
  /** The URL of a trace, for the annotation `tekton/trace-url`; absent: none. */
  traceUrl?: (traceId: string) => string;
  /** Namespaces whose runs are not traced. */
  excludedNamespaces?: readonly string[];
  /** Whether a namespace has the label `tektrace.dev/ignore`. */
  isIgnoredNamespace?: (name: string) => boolean;
}

/** The decisions of this process about a run. */
export interface Policy {
  /** Whether this process executes any runs. */
  readonly executesRuns: boolean;
  /** Whether this process executes the run. */
  isExecuted: (run: { spec: { managedBy?: string } }) => boolean;
  /** Whether the run may get a span context and be exported. The webhook's selectors exclude the same runs (helm/tektrace). */
  isTraced: (run: PipelineRun | TaskRun) => boolean;
  /** The sampling decision for a new trace. */
  isSampled: (traceId: string, namespace: string) => boolean;
  /** The URL of a trace, for the annotation `tekton/trace-url`. */
  traceUrl: ((traceId: string) => string) | undefined;
  /** Whether a traced run is exported. `result` is its outcome, absent before its end. Undefined if the outcome will decide. */
  shouldExport: (sampled: boolean, result: string | undefined) => boolean | undefined;
}

export function createPolicy(options: PolicyOptions): Policy {
  const { manage, sampling, keepFailures, excludedNamespaces = [], isIgnoredNamespace = () => false } = options;
  return {
    executesRuns: manage !== 'none',
    isExecuted({ spec: { managedBy } }) {
      if (manage === 'none') return false;
      if (managedBy === MANAGED_BY) return true;
      return manage === 'all' && (managedBy === undefined || managedBy === UPSTREAM_MANAGED_BY);
    },
    isTraced({ metadata: { labels = {}, namespace = '' } }) {
      return labels[IGNORE] === undefined && !excludedNamespaces.includes(namespace) && !isIgnoredNamespace(namespace);
    },
    isSampled: (traceId, namespace) => shouldSample(sampling, traceId, namespace),
    traceUrl: options.traceUrl,
    shouldExport(sampled, result) {
      if (sampled) return true;
      if (!keepFailures) return false;
      return result === undefined ? undefined : isBad(result);
    },
  };
}
