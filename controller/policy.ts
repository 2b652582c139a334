import { IGNORE, MANAGED_BY } from '../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../shared/tekton/types.ts';
import { shouldSample } from '../shared/tracing/sampling.ts';
import type { Sampling } from '../shared/tracing/sampling.ts';

export const MANAGE = ['none', 'managed-by', 'all'] as const;
/** Which runs the drive controllers of a process execute: none, those whose `spec.managedBy` names them, or all. */
export type Manage = (typeof MANAGE)[number];

/** Upstream's own value, the same as none. */
const UPSTREAM_MANAGED_BY = 'tekton.dev/pipeline';

const FAILED = ['failure', 'error', 'timeout'];

export interface PolicyOptions {
  manage: Manage;
  sampling: Sampling;
  /** Runs that were not sampled are exported all the same when they end badly. */
  keepFailures: boolean;
  /** Their runs are not traced. */
  excludedNamespaces?: readonly string[];
  /** Whether a namespace has the label `tektrace.dev/ignore`. */
  isIgnoredNamespace?: (name: string) => boolean;
}

/** What this process does about a run. */
export interface Policy {
  /** Whether there are runs that the drive controllers of this process execute. */
  readonly executesRuns: boolean;
  /** Whether it is one of them. */
  isExecuted: (run: { spec: { managedBy?: string } }) => boolean;
  /** Whether it may get a span context, and be exported. The webhook's selectors leave out the same runs (helm/tektrace). */
  isTraced: (run: PipelineRun | TaskRun) => boolean;
  /** The sampling decision for a trace that begins here. */
  isSampled: (traceId: string, namespace: string) => boolean;
  /** Whether a traced run is exported; `result` is how it ended. Undefined while that is not known, and decides. */
  isExported: (sampled: boolean, result: string | undefined) => boolean | undefined;
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
    isExported(sampled, result) {
      if (sampled) return true;
      if (!keepFailures) return false;
      return result === undefined ? undefined : FAILED.includes(result);
    },
  };
}
