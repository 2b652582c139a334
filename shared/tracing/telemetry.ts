import type { Logger } from '../runtime/log.ts';
import type { Environment } from './environment.ts';
import { createSink } from './exporters/factory.ts';
import type { ExporterSettings } from './exporters/settings.ts';
import type { SpanSink } from './exporters/sink.ts';
import { readSpanSettings } from './span-settings.ts';
import type { SpanSettings } from './span-settings.ts';

export interface Telemetry {
  /** The collector; undefined if none is set, or if tracing is disabled. */
  sink: SpanSink | undefined;
  spans: SpanSettings;
}

/**
 * Reads OpenTelemetry's settings once: flags first, then the environment. Throws ExporterSettingsError for an invalid setting. Warns once about
 * each setting without effect.
 */
export async function readTelemetry(settings: ExporterSettings, env: Environment, log: Logger): Promise<Telemetry> {
  return { sink: await createSink(settings, env, log), spans: readSpanSettings(env, log) };
}
