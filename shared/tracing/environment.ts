import type { Logger } from '../runtime/log.ts';
import { ExporterSettingsError } from './exporters/settings.ts';

/** The environment variables of a process. */
export type Environment = Record<string, string | undefined>;

/** An environment variable that is set. */
export interface Variable {
  name: string;
  value: string;
}

/** The first of `names` that is set. An empty value counts as unset (OpenTelemetry environment variable specification); so does white space. */
export function variable(env: Environment, ...names: string[]): Variable | undefined {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value) return { name, value };
  }
  return undefined;
}

/** A setting of the OTLP exporter (`TIMEOUT`): the variable for traces wins over the one for all signals (OTLP exporter specification). */
export function otlpVariable(env: Environment, setting: string): Variable | undefined {
  return variable(env, `OTEL_EXPORTER_OTLP_TRACES_${setting}`, `OTEL_EXPORTER_OTLP_${setting}`);
}

/** True for `true` in any case, else false. Warns unless the value is `false` or unset (same specification, "Boolean"). */
export function booleanOf(found: Variable | undefined, log: Logger): boolean {
  const value = found?.value.toLowerCase();
  if (found && value !== 'true' && value !== 'false')
    log.warn('the variable is neither true nor false: it counts as false', { variable: found.name });
  return value === 'true';
}

const MAX_INTEGER = 2 ** 31 - 1;

/** An integer from 0 to 2³¹ − 1, else undefined with a warning (same specification, "Numeric"). */
export function integerOf(found: Variable | undefined, log: Logger): number | undefined {
  if (!found) return undefined;
  const number = Number(found.value);
  if (/^\d+$/.test(found.value) && number <= MAX_INTEGER) return number;
  log.warn('the variable is not an integer from 0 to 2147483647: it is not used', {
    variable: found.name,
    value: found.value,
  });
  return undefined;
}

/** One of `choices`, in any case. Throws ExporterSettingsError with the variable and the choices. */
export function choiceOf<T extends string>(found: Variable | undefined, choices: readonly T[]): T | undefined {
  if (!found) return undefined;
  const value = choices.find((choice) => choice === found.value.toLowerCase());
  if (value === undefined)
    throw new ExporterSettingsError(
      `${found.name}: ${JSON.stringify(found.value)} is not one of ${choices.join(', ')}`,
    );
  return value;
}
