import type { TracesData } from '../../shared/otlp/types.ts';

/** What Jaeger adds to a span to say what it finds wrong. */
const JAEGERS_OWN = /^@jaeger@/;

/**
 * The document without copies of a span, and without what Jaeger has added. A crash between a collector's answer and its mark sends spans twice, and
 * Jaeger's `/api/v3` has both.
 */
export function distinctSpans({ resourceSpans }: TracesData): TracesData {
  const seen = new Set<string>();
  return {
    resourceSpans: resourceSpans.map(({ scopeSpans, ...resource }) => {
      const key = JSON.stringify(resource);
      return {
        ...resource,
        scopeSpans: scopeSpans.map(({ spans, ...scope }) => ({
          ...scope,
          spans: spans.flatMap((span) => {
            const own = { ...span, attributes: span.attributes.filter((kv) => !JAEGERS_OWN.test(kv.key)) };
            const print = `${key}${JSON.stringify(own)}`;
            if (seen.has(print)) return [];
            seen.add(print);
            return [own];
          }),
        })),
      };
    }),
  };
}
