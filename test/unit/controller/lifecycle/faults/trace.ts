import { expect } from '@jest/globals';

import type { LocatedSpan } from '../../../../../shared/otlp/spans.ts';
import { attribute } from '../../../../../shared/otlp/spans.ts';
import type { Rig } from './rig.ts';
import { RUN, standardRun } from './standard-run.ts';
import { Rig as NewRig } from './rig.ts';

/** Spans by id. Fails if two that were stored under one id differ in anything. */
export function traceOf(stored: LocatedSpan[]): Map<string, LocatedSpan> {
  const byId = new Map<string, LocatedSpan>();
  for (const one of stored) {
    const id = `${one.span.traceId}/${one.span.spanId}`;
    const before = byId.get(id);
    if (before) expect(one).toEqual(before);
    else byId.set(id, one);
  }
  return byId;
}

const sorted = (spans: Iterable<LocatedSpan>): LocatedSpan[] =>
  [...spans].sort((a, b) => (a.span.spanId < b.span.spanId ? -1 : 1));

/** The spans of the standard run without any fault. */
export async function undisturbed(stages = standardRun()): Promise<LocatedSpan[]> {
  const rig = await NewRig.start();
  try {
    await rig.process();
    await rig.play(stages);
    await rig.until(200);
    expectDone(rig);
    expect(rig.warnings).toEqual([]);
    return sorted(traceOf(rig.collector.stored).values());
  } finally {
    await rig.stop();
  }
}

/** Tektrace wrote nothing of the run but its own annotations, and the run is marked as exported. */
export function expectDone(rig: Rig): void {
  expect(rig.problems).toEqual([]);
  expect(rig.mark('pipelineruns', RUN)).toBe('uid-run');
}

/** Exactly these spans were stored: once each, or again the same to the byte. */
export function expectSpans(rig: Rig, expected: LocatedSpan[]): void {
  expect(rig.problems).toEqual([]);
  const stored = sorted(traceOf(rig.collector.stored).values());
  const names = (spans: LocatedSpan[]): string[] => spans.map(({ span }) => `${span.name} ${span.spanId}`);
  expect(names(stored)).toEqual(names(expected));
  expect(stored).toEqual(expected);
}

/** Nothing more is sent or written in two minutes, which is longer than any wait of Tektrace. */
export async function expectQuiet(rig: Rig): Promise<void> {
  const [requests, sent] = [rig.collector.requests, rig.sent.length];
  await rig.until((Date.now() - Date.UTC(2026, 4, 1, 10)) / 1000 + 120);
  expect([rig.collector.requests, rig.sent.length]).toEqual([requests, sent]);
}

/** A span without ids, and with its place instead: for a run whose trace id is not known before. */
export function shapeOf(spans: Iterable<LocatedSpan>): object[] {
  const all = [...spans];
  const byId = new Map(all.map(({ span }) => [span.spanId, span]));
  const place = (span: LocatedSpan['span']): string => {
    const parent = byId.get(span.parentSpanId ?? '');
    return `${parent ? `${place(parent)} / ` : ''}${span.name}`;
  };
  return all
    .map(({ span }) => {
      const { traceId: _trace, spanId: _span, parentSpanId: _parent, links: _links, ...rest } = span;
      return { place: place(span), ...rest };
    })
    .sort((a, b) => (`${a.place} ${a.startTimeUnixNano}` < `${b.place} ${b.startTimeUnixNano}` ? -1 : 1));
}

export const named = (spans: LocatedSpan[], ...names: string[]): LocatedSpan[] =>
  spans.filter(({ span }) => names.includes(span.name));
export const attributeOf = ({ span }: LocatedSpan, key: string): string | undefined => attribute(span.attributes, key);
