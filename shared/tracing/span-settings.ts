import type { Logger } from '../runtime/log.ts';
import type { Environment } from './environment.ts';
import { DEFAULT_SPAN_LIMITS, readSpanLimits } from './limits.ts';
import type { SpanLimits } from './limits.ts';
import { readResourceAttributes } from './resource.ts';

/** Settings of all spans of this process. They are fixed at its start, so that a second export of a run has the same bytes. */
export interface SpanSettings {
  /** Attributes on each span's resource, in addition to ours. */
  resourceAttributes: Record<string, string>;
  limits: SpanLimits;
}

export const DEFAULT_SPAN_SETTINGS: SpanSettings = { resourceAttributes: {}, limits: DEFAULT_SPAN_LIMITS };

/** The settings from the environment. Warns once about each invalid variable. */
export function readSpanSettings(env: Environment, log: Logger): SpanSettings {
  return { resourceAttributes: readResourceAttributes(env, log), limits: readSpanLimits(env, log) };
}
