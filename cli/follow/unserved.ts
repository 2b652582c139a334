import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Manifest } from './manifests.ts';

/** Fields that refer to another object: a Task, Pipeline, StepAction or a custom task. */
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
 * Whether an object that the embedded cluster does not serve can be left out. A folder for a whole cluster also has triggers, roles and
 * workloads. But a step may need an object of Kubernetes' `v1`, of Tekton, or that another object refers to.
 */
export function isDispensable({ object }: Manifest, all: readonly Manifest[]): boolean {
  const { apiVersion = '' } = object;
  if (!apiVersion.includes('/') || apiVersion.startsWith('tekton.dev/')) return false;
  return !all.some((other) => refersTo(other.object, object));
}
