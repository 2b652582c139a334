import { validateHeaderName, validateHeaderValue } from 'node:http';

import { ExporterSettingsError } from './settings.ts';

/** `text` percent-decoded. Throws ExporterSettingsError with its place `where`, without the text: it may be a credential. */
export function percentDecoded(text: string, where: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ExporterSettingsError(`${where}: a % has to be followed by two hexadecimal digits (%25 for a % itself)`);
  }
}

/**
 * `key=value` pairs with percent-encoded values, separated by commas (OTLP exporter specification, "Specifying headers") or, in a file, by
 * line breaks. Returned names are in lower case. Throws ExporterSettingsError with the number of an invalid entry, never its value: it may be a token.
 */
export function parseHeaders(text: string, source: string): Record<string, string> {
  const pairs = text.split(/[,\r\n]/).filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair, index): [string, string] => {
      const where = `${source}: entry ${index + 1}`;
      const at = pair.indexOf('=');
      const key = pair.slice(0, Math.max(at, 0)).trim().toLowerCase();
      if (key === '') throw new ExporterSettingsError(`${where}: expected key=value`);
      const value = percentDecoded(pair.slice(at + 1).trim(), where);
      try {
        validateHeaderName(key);
        validateHeaderValue(key, value);
      } catch {
        throw new ExporterSettingsError(`${where}: not a valid HTTP header`);
      }
      return [key, value];
    }),
  );
}
