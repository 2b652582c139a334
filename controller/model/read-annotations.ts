import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { TRACE_EXPORTED, TRACE_URL } from '../../shared/tekton/annotations.ts';

/** The annotations without tracing's marks, which no reconcile reads. */
export function readAnnotations({ metadata }: KubeObject): Record<string, string> {
  const { [TRACE_EXPORTED]: _exported, [TRACE_URL]: _url, ...annotations } = metadata.annotations ?? {};
  return annotations;
}
