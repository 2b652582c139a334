import { senderOf } from './sender.ts';
import { attribute } from './spans.ts';
import type { ResourceSpans, ScopeSpans, TracesData } from './types.ts';

/**
 * The traces of a document, each by itself, by trace id in the order of their first spans. A step's spans belong to the trace of its run, whatever
 * trace they claim.
 */
export function splitTraces({ resourceSpans }: TracesData): Map<string, TracesData> {
  const traces = new Map<string, TracesData>();
  for (const { scopeSpans, ...resource } of resourceSpans) {
    const sender = senderOf(resource);
    const parts = new Map<string, ResourceSpans>();
    for (const { spans, ...scope } of scopeSpans) {
      const scopes = new Map<string, ScopeSpans>();
      for (const span of spans) {
        const traceId = sender?.traceId ?? span.traceId;
        const part = parts.get(traceId) ?? { ...resource, scopeSpans: [] };
        parts.set(traceId, part);
        const group = scopes.get(traceId) ?? { ...scope, spans: [] };
        if (!scopes.has(traceId)) part.scopeSpans.push(group);
        scopes.set(traceId, group);
        group.spans.push(span);
      }
    }
    for (const [traceId, part] of parts) {
      const trace = traces.get(traceId) ?? { resourceSpans: [] };
      traces.set(traceId, trace);
      trace.resourceSpans.push(part);
    }
  }
  return traces;
}

/** The value of an attribute in the first span that has it; the keys are tried in their order. */
export function firstAttribute({ resourceSpans }: TracesData, ...keys: string[]): string | undefined {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  for (const key of keys) {
    const found = spans.find(({ attributes }) => attributes.some((kv) => kv.key === key));
    if (found) return attribute(found.attributes, key);
  }
  return undefined;
}
