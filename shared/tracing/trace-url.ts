import type { KubeObject } from '../kubernetes/types.ts';
import { TRACE_URL } from '../tekton/annotations.ts';

/** The URL of a trace: `{traceId}` in `template` is replaced. */
export const traceUrl = (template: string, traceId: string): string => template.replaceAll('{traceId}', () => traceId);

/** How an Event names a run's trace: its id, and its URL if the run has one. */
export function traceMessage({ metadata }: KubeObject, traceId: string): string {
  const url = metadata.annotations?.[TRACE_URL];
  return url === undefined ? `trace ${traceId}` : `trace ${traceId}: ${url}`;
}
