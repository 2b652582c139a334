import { PIPELINES, resourcePath, TASKS } from '../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';

const known: Record<string, Resource> = { Task: TASKS, Pipeline: PIPELINES };

/** The collection of an object of a kind that runs refer to. */
export function apiPath({ kind = '' }: KubeObject, namespace: string): string {
  const resource = known[kind];
  if (resource === undefined) throw new Error(`no run of this suite refers to a ${kind}`);
  return resourcePath(resource, { namespace });
}
