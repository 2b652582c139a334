import { expect } from '@jest/globals';

import { attribute, locateSpans } from '../../../shared/otlp/spans.ts';
import type { LocatedSpan } from '../../../shared/otlp/spans.ts';
import type { TracesData } from '../../../shared/otlp/types.ts';

export interface FlatSpan {
  id: string;
  parent: string;
  name: string;
  startMs: number;
  endMs: number;
  service: string;
  status: number;
  attributes: Record<string, string>;
}

function flat({ span, resource }: LocatedSpan): FlatSpan {
  return {
    id: span.spanId,
    parent: span.parentSpanId ?? '',
    name: span.name,
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
    service: attribute(resource?.attributes ?? [], 'service.name') ?? '',
    status: span.status?.code ?? 0,
    attributes: Object.fromEntries(
      (span.attributes ?? []).map(({ key }) => [key, attribute(span.attributes ?? [], key) ?? '']),
    ),
  };
}

export function spansOf(trace: TracesData | undefined): FlatSpan[] {
  return trace ? locateSpans(trace).map(flat) : [];
}

export function named(spans: FlatSpan[], name: string): FlatSpan {
  const found = spans.filter((span) => span.name === name);
  expect({ name, found: found.length }).toEqual({ name, found: 1 });
  return found[0] as FlatSpan;
}

/** One root, every other span below one that is there, and no id twice. */
export function expectWhole(spans: FlatSpan[]): FlatSpan {
  const ids = new Set(spans.map((span) => span.id));
  expect(spans).toHaveLength(ids.size);
  expect(spans.filter((span) => span.parent !== '' && !ids.has(span.parent)).map((span) => span.name)).toEqual([]);
  const roots = spans.filter((span) => span.parent === '');
  expect(roots.map((span) => span.name)).toHaveLength(1);
  return roots[0] as FlatSpan;
}
