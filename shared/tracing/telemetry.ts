import type { Logger } from '../runtime/log.ts';
import type { Environment } from './environment.ts';
import { createSink } from './exporters/factory.ts';
import type { ExporterSettings } from './exporters/settings.ts';
import type { SpanSink } from './exporters/sink.ts';
import { readSpanSettings } from './span-settings.ts';
import type { SpanSettings } from './span-settings.ts';

export interface Telemetry {
  /** The collector that was asked for; undefined when there is none, or tracing is switched off. */
  sink: SpanSink | undefined;
  spans: SpanSettings;
}

/**
 * OpenTelemetry's settings, read once: flags first, then the environment.
 * Throws ExporterSettingsError for what can't be meant; warns once of what is set and has no effect.
 */
export async function readTelemetry(settings: ExporterSettings, env: Environment, log: Logger): Promise<Telemetry> {
  return { sink: await createSink(settings, env, log), spans: readSpanSettings(env, log) };
}
