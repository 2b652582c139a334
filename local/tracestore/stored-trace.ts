import { hash } from 'node:crypto';
import type { ResourceSpans, ScopeSpans, Span, TracesData } from '../../shared/otlp/types.ts';

/** The resource and scope that an export put around its spans, with their identity as text. */
export interface SpanGroup {
  resourceSpans: Omit<ResourceSpans, 'scopeSpans'>;
  scopeSpans: Omit<ScopeSpans, 'spans'>;
  resourceKey: string;
  scopeKey: string;
}

/** Attribute order carries no meaning, so what differs in nothing else counts as the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) =>
    key === 'attributes' && Array.isArray(item)
      ? (item as { key: string }[]).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      : item,
  );
}

export function groupOf(
  { scopeSpans: _all, ...resourceSpans }: ResourceSpans,
  { spans: _, ...scopeSpans }: ScopeSpans,
): SpanGroup {
  return { resourceSpans, scopeSpans, resourceKey: canonical(resourceSpans), scopeKey: canonical(scopeSpans) };
}

interface ResourcePlace {
  resourceSpans: ResourceSpans;
  scopes: Map<string, ScopeSpans>;
}

/** The spans of one trace, grouped as OTLP groups them; each distinct span once. */
export class StoredTrace {
  readonly id: string;
  #spanCount = 0;
  readonly #prints = new Set<string>();
  readonly #resources = new Map<string, ResourcePlace>();

  constructor(id: string) {
    this.id = id;
  }

  get spanCount(): number {
    return this.#spanCount;
  }

  /** Identifies span and group by content. */
  static fingerprint(span: Span, group: SpanGroup): string {
    return hash('sha256', `${group.resourceKey}\n${group.scopeKey}\n${canonical(span)}`, 'base64');
  }

  has(fingerprint: string): boolean {
    return this.#prints.has(fingerprint);
  }

  add(span: Span, group: SpanGroup, fingerprint: string): void {
    const ofResource = this.#resources.get(group.resourceKey) ?? {
      resourceSpans: { ...group.resourceSpans, scopeSpans: [] },
      scopes: new Map<string, ScopeSpans>(),
    };
    this.#resources.set(group.resourceKey, ofResource);
    let ofScope = ofResource.scopes.get(group.scopeKey);
    if (!ofScope) {
      ofScope = { ...group.scopeSpans, spans: [] };
      ofResource.scopes.set(group.scopeKey, ofScope);
      ofResource.resourceSpans.scopeSpans.push(ofScope);
    }
    ofScope.spans.push(span);
    this.#prints.add(fingerprint);
    this.#spanCount += 1;
  }

  /** A copy that later spans do not change. */
  toTracesData(): TracesData {
    return {
      resourceSpans: [...this.#resources.values()].map(({ resourceSpans }) => ({
        ...resourceSpans,
        scopeSpans: resourceSpans.scopeSpans.map((scopeSpans) => ({ ...scopeSpans, spans: [...scopeSpans.spans] })),
      })),
    };
  }
}
