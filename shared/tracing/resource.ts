import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';

export const LIFECYCLE_SERVICE = 'tekton-pipelines';
export const PIPELINE_RUN_SERVICE = 'pipelinerun-reconciler';
export const TASK_RUN_SERVICE = 'taskrun-reconciler';

/**
 * The attributes that tell Jaeger that all spans of a cluster share a clock: its v3 API looks at `host.*`, `/api/traces` at `ip`.
 * With equal values no child outside its parent's time gets a clock-skew warning.
 */
export function hostAttributes(clusterKey: string): Record<string, string> {
  return { 'host.id': clusterKey, 'host.name': clusterKey, ip: clusterKey };
}

/** A service's resource. Frozen: nothing of the process or the SDK, which would make a re-export differ. */
export function serviceResource(service: string, clusterKey: string): Resource {
  return resourceFromAttributes({ 'service.name': service, ...hostAttributes(clusterKey) });
}
