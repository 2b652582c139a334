import type { Attributes, AttributeValue } from '@opentelemetry/api';

import type { Logger } from '../runtime/log.ts';
import { integerOf, variable } from './environment.ts';
import type { Environment } from './environment.ts';

/** Limits of a span (OpenTelemetry's trace SDK, "Span Limits"). */
export interface SpanLimits {
  attributes: number;
  /** Length of each string attribute, in characters. */
  valueLength: number;
  events: number;
  links: number;
  attributesPerEvent: number;
  attributesPerLink: number;
}

const COUNT = 128;

export const DEFAULT_SPAN_LIMITS: SpanLimits = {
  attributes: COUNT,
  valueLength: Infinity,
  events: COUNT,
  links: COUNT,
  attributesPerEvent: COUNT,
  attributesPerLink: COUNT,
};

/** The limits from the environment. Those of spans win over those of all attributes. A value that is not an integer gives a warning and is not used. */
export function readSpanLimits(env: Environment, log: Logger): SpanLimits {
  const read = (name: string): number | undefined => integerOf(variable(env, name), log);
  const count = read('OTEL_ATTRIBUTE_COUNT_LIMIT') ?? COUNT;
  const length = read('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? Infinity;
  return {
    attributes: read('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ?? count,
    valueLength: read('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? length,
    events: read('OTEL_SPAN_EVENT_COUNT_LIMIT') ?? COUNT,
    links: read('OTEL_SPAN_LINK_COUNT_LIMIT') ?? COUNT,
    attributesPerEvent: read('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT') ?? count,
    attributesPerLink: read('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT') ?? count,
  };
}

/** Cuts between characters, never within one. */
function shortened(text: string, length: number): string {
  return text.length <= length ? text : [...text].slice(0, length).join('');
}

function shortenedValue(value: AttributeValue, length: number): AttributeValue {
  if (typeof value === 'string') return shortened(value, length);
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) => (typeof item === 'string' ? shortened(item, length) : item)) as AttributeValue;
}

/** The first `count` attributes, with strings cut to `valueLength` characters, and the number of dropped attributes. */
export function limitAttributes(
  attributes: Attributes,
  count: number,
  valueLength: number,
): { attributes: Attributes; dropped: number } {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  if (entries.length <= count && valueLength === Infinity) return { attributes, dropped: 0 };
  const kept = entries
    .slice(0, count)
    .map(([key, value]): [string, AttributeValue] => [key, shortenedValue(value as AttributeValue, valueLength)]);
  return { attributes: Object.fromEntries(kept), dropped: entries.length - kept.length };
}
