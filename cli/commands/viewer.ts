import { JaegerSource } from '../../local/jaeger/source.ts';
import { startViewer } from '../../local/tracestore/viewer.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { aborted, shutdownSignal } from '../../shared/runtime/shutdown.ts';
import { CommandError } from '../errors.ts';
import { logOptions, logSettings, TERMINAL_LOG } from '../options/log-options.ts';
import { httpUrl, jaegerUiOption, jaegerUiUrl, parseOptions, port, text } from '../options/options.ts';
import type { CommandSpec } from '../options/options.ts';
import { recentOptions, recentSettings } from '../options/recent-options.ts';
import { createTerminal } from '../text/terminal.ts';
import { asked, jaegerHeaders, jaegerHeadersOption, jaegerQuery } from '../traces/trace-source.ts';

export const viewerSpec: CommandSpec = {
  name: 'viewer',
  summary:
    'Serves the page of traces (list, one trace, comparison, downloads) over the traces of a Jaeger, on this machine.\nIt only reads. Ctrl-C ends it.',
  options: {
    'jaeger-query-url': {
      type: 'string',
      value: 'URL',
      help: 'The Jaeger to read from, like http://localhost:16686, with its base path.',
    },
    'jaeger-headers-file': jaegerHeadersOption,
    'jaeger-ui-url': {
      ...jaegerUiOption,
      help: 'Where a browser finds Jaeger, for links from each trace (default: the URL of --jaeger-query-url).',
    },
    ...recentOptions,
    port: { type: 'string', value: 'PORT', help: 'Port of the page (default: any).' },
    ...logOptions(TERMINAL_LOG),
  },
  examples: [
    'tektrace viewer --jaeger-query-url http://localhost:16686',
    'kubectl port-forward -n observability svc/jaeger-query 16686 & tektrace viewer --jaeger-query-url http://localhost:16686',
  ],
};

/** Runs until a signal. Exit code: 0, or 1 if Jaeger can't be read at the start. */
export async function viewerCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(viewerSpec, args);
  const url = httpUrl(values, 'jaeger-query-url');
  if (url === undefined)
    throw new CommandError(
      'which Jaeger? name it with --jaeger-query-url http://HOST:16686\nSee: tektrace viewer --help',
    );
  const log = createLogger(logSettings(values, TERMINAL_LOG));
  const query = jaegerQuery(url, await jaegerHeaders(text(values, 'jaeger-headers-file')));
  const settings = recentSettings(values);
  const signal = shutdownSignal();
  // A wrong address or missing rights are said at once, not first in the browser.
  await asked(() => query.trace('1'.padStart(32, '0'), signal));
  const viewer = await startViewer({
    source: new JaegerSource(query, settings),
    jaegerUiUrl: jaegerUiUrl(values) ?? query.url,
    port: port(values, 'port', 0),
    log,
  });
  try {
    const terminal = createTerminal(process.stdout);
    terminal.print(`  traces    ${viewer.pageUrl}`);
    terminal.print(`  Jaeger    ${query.url}\n`);
    terminal.print('  Ctrl-C ends the page.');
    await aborted(signal);
    return 0;
  } finally {
    await viewer.close();
  }
}
