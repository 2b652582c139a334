import { hash } from 'node:crypto';
import { APART, senderOf, SPAN_ID_TAKEN } from '../../../shared/otlp/sender.ts';
import type { ResourceSpans, ScopeSpans, Span, TracesData } from '../../../shared/otlp/types.ts';
import { PackedTexts } from './packed-texts.ts';

/** The resource and scope of an export's spans, with their identity as text. */
export interface SpanGroup {
  resourceSpans: Omit<ResourceSpans, 'scopeSpans'>;
  scopeSpans: Omit<ScopeSpans, 'spans'>;
  resourceKey: string;
  scopeKey: string;
  /** Identifies both, in few characters: the keys may have megabytes, and each span looks its group up. */
  key: string;
  /** A step sent the spans. */
  fromStep: boolean;
}

/** The memory of fingerprint and id in their sets, and of a trace without spans: measured, rounded up. */
const BYTES_PER_SPAN = 200;
const BYTES_PER_TRACE = 2000;

/** The order of attributes has no meaning: it makes no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) =>
    key === 'attributes' && Array.isArray(item)
      ? (item as { key: string }[]).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      : item,
  );
}

/** The group of an export's spans. Groups with equal content have equal keys. */
export function groupOf(
  { scopeSpans: _all, ...resourceSpans }: ResourceSpans,
  { spans: _, ...scopeSpans }: ScopeSpans,
): SpanGroup {
  const [resourceKey, scopeKey] = [canonical(resourceSpans), canonical(scopeSpans)];
  return {
    ...{ resourceSpans, scopeSpans, resourceKey, scopeKey },
    key: hash('sha256', `${resourceKey}\n${scopeKey}`),
    fromStep: senderOf(resourceSpans) !== undefined,
  };
}

/**
 * The distinct spans of one trace, as compressed text that is parsed at each read. Includes all spans of its run's steps, whatever trace
 * they claim.
 */
export class StoredTrace {
  readonly id: string;
  readonly #prints = new Set<string>();
  /** Of the product's own spans. */
  readonly #ownIds = new Set<string>();
  /** `[place, span]` each, as JSON; the place is an index of `#groups`. */
  readonly #spans = new PackedTexts();
  readonly #groups: SpanGroup[] = [];
  readonly #places = new Map<string, number>();
  #groupBytes = 0;

  constructor(id: string) {
    this.id = id;
  }

  get spanCount(): number {
    return this.#prints.size;
  }

  /** The approximate memory of the trace. */
  get bytes(): number {
    return BYTES_PER_TRACE + this.#groupBytes + this.#spans.keptBytes + this.#prints.size * BYTES_PER_SPAN;
  }

  /** The size of its spans as JSON, a measure for the cost of reading. */
  get textBytes(): number {
    return this.#spans.textBytes;
  }

  /** Identifies span and group by content: 128 bits, one character per byte. */
  static fingerprint(span: Span, group: SpanGroup): string {
    const digest = hash('sha256', `${group.key}\n${canonical(span)}`, 'buffer');
    return digest.toString('latin1', 0, 16);
  }

  has(fingerprint: string): boolean {
    return this.#prints.has(fingerprint);
  }

  /** Whether a span of this id came from the product, not from a step. */
  hasOwn(spanId: string): boolean {
    return this.#ownIds.has(spanId);
  }

  add(span: Span, group: SpanGroup, fingerprint: string): void {
    this.#spans.push(JSON.stringify([this.#placeOf(group), span]));
    this.#prints.add(fingerprint);
    if (!group.fromStep) this.#ownIds.add(span.spanId);
  }

  /**
   * The whole trace, grouped as OTLP groups spans; a new document, which later spans do not change. A step's span with the id of a
   * product's span is marked, whichever came first.
   */
  toTracesData(): TracesData {
    const resources = new Map<string, ResourceSpans>();
    const scopes = this.#groups.map((group) => {
      const resourceSpans = resources.get(group.resourceKey) ?? { ...group.resourceSpans, scopeSpans: [] };
      resources.set(group.resourceKey, resourceSpans);
      const scopeSpans: ScopeSpans = { ...group.scopeSpans, spans: [] };
      resourceSpans.scopeSpans.push(scopeSpans);
      return scopeSpans;
    });
    for (const texts of this.#spans.blocks()) {
      for (const [place, span] of JSON.parse(texts) as [number, Span][]) {
        if (this.#groups[place]?.fromStep && this.#isTaken(span)) span.attributes.push(SPAN_ID_TAKEN);
        scopes[place]?.spans.push(span);
      }
    }
    return { resourceSpans: [...resources.values()] };
  }

  #isTaken({ spanId, attributes }: Span): boolean {
    return this.#ownIds.has(spanId) && attributes.every(({ key }) => key !== APART);
  }

  #placeOf(group: SpanGroup): number {
    const known = this.#places.get(group.key);
    if (known !== undefined) return known;
    const place = this.#groups.push(group) - 1;
    this.#places.set(group.key, place);
    // The objects take a few times the text of their keys.
    this.#groupBytes += (group.resourceKey.length + group.scopeKey.length) * 6;
    return place;
  }
}
