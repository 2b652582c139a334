import type { TraceLookup } from '../traces/named-trace.ts';
import { httpUrl, text } from './options.ts';
import type { OptionHelp, OptionValues } from './options.ts';
import { sinceSetting } from './recent-options.ts';
import { jaegerHeadersOption } from '../traces/trace-source.ts';

/** Options of commands that read the traces of runs that are named. */
export const lookupOptions: Record<string, OptionHelp> = {
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    help: 'Namespace of a run (default: kubectl’s, else default).',
  },
  kubeconfig: { type: 'string', value: 'FILE', help: 'Default: KUBECONFIG, ~/.kube/config.' },
  'jaeger-query-url': {
    type: 'string',
    value: 'URL',
    help: 'The Jaeger to read from, like http://localhost:16686\n(default: the trace store, for the cluster of tektrace up).',
  },
  'jaeger-headers-file': jaegerHeadersOption,
  since: {
    type: 'string',
    value: 'D',
    help: 'How far back a run is searched in Jaeger by its name, if the cluster does not have it\n(any more): 90m, 24h, 7d (default 7d).',
  },
};

/** Where the runs and their traces are. Throws CommandError for a URL of Jaeger that is none. */
export function lookupSettings(values: OptionValues): TraceLookup {
  return {
    namespace: text(values, 'namespace'),
    kubeconfig: text(values, 'kubeconfig'),
    jaegerQueryUrl: httpUrl(values, 'jaeger-query-url'),
    jaegerHeadersFile: text(values, 'jaeger-headers-file'),
    sinceMs: sinceSetting(values),
  };
}
