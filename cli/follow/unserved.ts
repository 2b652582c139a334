import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Manifest } from './manifests.ts';

/** Where Tekton names another object: a Task, Pipeline, StepAction or a custom task. */
const REFERENCES = ['taskRef', 'pipelineRef', 'ref'];

function refersTo(value: unknown, { kind, metadata }: KubeObject): boolean {
  if (Array.isArray(value)) return value.some((item) => refersTo(item, { kind, metadata }));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]: [string, unknown]) => {
    const reference = REFERENCES.includes(key) ? (inner as { kind?: unknown; name?: unknown } | null) : undefined;
    const isNamed = reference?.name === metadata.name && (reference?.kind === undefined || reference.kind === kind);
    return isNamed || refersTo(inner, { kind, metadata });
  });
}

/**
 * Whether runs can do without an object that the embedded cluster can't hold. A folder for a whole cluster holds triggers, roles and
 * workloads beside the pipelines; but what is Kubernetes' own (`v1`), Tekton's, or named by another object, may be what a step waits for.
 */
export function isDispensable({ object }: Manifest, all: readonly Manifest[]): boolean {
  const { apiVersion = '' } = object;
  if (!apiVersion.includes('/') || apiVersion.startsWith('tekton.dev/')) return false;
  return !all.some((other) => refersTo(other.object, object));
}
