import { traceUrl } from '../../shared/tracing/trace-url.ts';
import { CommandError } from '../errors.ts';
import { text } from './options.ts';
import type { OptionValues } from './options.ts';

export const traceUrlOptions = {
  'trace-url-template': {
    type: 'string',
    value: 'URL',
    help: 'URL for annotation tekton/trace-url; {traceId} is replaced.',
  },
} as const;

/** The URL of each trace. Throws CommandError for a template that would give the same for every trace. */
export function traceUrlSetting(values: OptionValues): { traceUrl?: (traceId: string) => string } {
  const template = text(values, 'trace-url-template');
  if (template === undefined) return {};
  if (!template.includes('{traceId}')) throw new CommandError('--trace-url-template: {traceId} is missing');
  return { traceUrl: (traceId) => traceUrl(template, traceId) };
}
