import type { Logger } from '../runtime/log.ts';
import type { Environment } from './environment.ts';
import { DEFAULT_SPAN_LIMITS, readSpanLimits } from './limits.ts';
import type { SpanLimits } from './limits.ts';
import { readResourceAttributes } from './resource.ts';

/** What all spans of this process have, fixed at its start: so a second export of a run gives the same bytes. */
export interface SpanSettings {
  /** On each span's resource, beside what is ours. */
  resourceAttributes: Record<string, string>;
  limits: SpanLimits;
}

export const DEFAULT_SPAN_SETTINGS: SpanSettings = { resourceAttributes: {}, limits: DEFAULT_SPAN_LIMITS };

/** What the environment says about spans. Warns once of each variable that can't be used. */
export function readSpanSettings(env: Environment, log: Logger): SpanSettings {
  return { resourceAttributes: readResourceAttributes(env, log), limits: readSpanLimits(env, log) };
}
