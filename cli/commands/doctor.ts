import { randomBytes } from 'node:crypto';

import type { JaegerQuery } from '../../local/jaeger/query.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { examine } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { sendSpan } from '../doctor/collector.ts';
import { CommandError } from '../errors.ts';
import { contextNamespace, readKubeconfig } from '../options/kubeconfig-file.ts';
import { logOptions, logSettings, TERMINAL_LOG } from '../options/log-options.ts';
import { choice, exporterOptions, exporterSettings, httpUrl, parseOptions, text } from '../options/options.ts';
import type { CommandSpec, OptionValues } from '../options/options.ts';
import { createTerminal } from '../text/terminal.ts';
import type { Terminal } from '../text/terminal.ts';
import { jaegerHeaders, jaegerHeadersOption, jaegerQuery } from '../traces/trace-source.ts';
import { VERSION } from '../version.ts';
import { printable } from '../waterfall/display-width.ts';
import { wrap } from '../text/wrap.ts';

export const doctorSpec: CommandSpec = {
  name: 'doctor',
  summary:
    'Finds out why runs have no traces: looks at Tekton, the webhook and its certificate, sampling, the clock, the controller and its rights, the collector and Jaeger, and says what to do.\nNothing is stored in the cluster.',
  options: {
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'Where a PipelineRun is created by dry run (default: kubectl’s, else default).',
    },
    kubeconfig: { type: 'string', value: 'FILE', help: 'Default: KUBECONFIG, ~/.kube/config.' },
    ...exporterOptions,
    'jaeger-query-url': {
      type: 'string',
      value: 'URL',
      help: 'The Jaeger that has to show what the collector accepts, like http://localhost:16686.',
    },
    'jaeger-headers-file': jaegerHeadersOption,
    output: {
      type: 'string',
      short: 'o',
      value: 'text|json',
      help: 'json: the findings as a list, for programs (default text).',
    },
    ...logOptions(TERMINAL_LOG),
  },
  examples: ['tektrace doctor', 'tektrace doctor -n ci --jaeger-collector-url http://localhost:4318/v1/traces'],
};

function show(findings: readonly Finding[], terminal: Terminal): void {
  const { style } = terminal;
  const marks = {
    ok: terminal.green(style.done),
    warning: '!',
    failed: terminal.red(style.marks.failure),
    unknown: terminal.dim('?'),
  };
  const at = 4 + Math.max(...findings.map(({ about }) => about.length)) + 2;
  const width = Math.max(20, terminal.width - at);
  for (const { state, about, text: found, remedy } of findings) {
    const lines = wrap(printable(found), width).map((line, index) =>
      index === 0 ? `  ${marks[state]} ${about.padEnd(at - 4)}${line}` : ' '.repeat(at) + line,
    );
    const advice = remedy === undefined ? [] : wrap(printable(remedy), width - 3);
    terminal.print(
      [
        ...lines,
        ...advice.map((line, index) => ' '.repeat(at) + (index === 0 ? style.leadsTo : '').padEnd(3) + line),
      ].join('\n'),
    );
  }
}

const counted = (number: number, one: string, several: string): string => `${number} ${number === 1 ? one : several}`;

/** What all checks found, in one sentence. */
export function verdict(findings: readonly Pick<Finding, 'state'>[]): string {
  const count = (state: Finding['state']): number => findings.filter((one) => one.state === state).length;
  const [failed, warnings, unknown] = [count('failed'), count('warning'), count('unknown')];
  if (failed + warnings + unknown === 0) return 'Nothing is wrong.';
  const all = counted(findings.length, 'check', 'checks');
  const parts = [
    failed === 0 ? 'No check failed' : `${failed} of ${all} failed`,
    [
      ...(warnings > 0 ? [counted(warnings, 'warning', 'warnings')] : []),
      ...(unknown > 0 ? [`${unknown} could not be checked`] : []),
    ].join(', '),
  ];
  return `${parts.filter(Boolean).join('; ')}.`;
}

/** Of one request to the API server. Each check has a limit of its own, too. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The Jaeger that has to show the span. Throws CommandError if no collector is named that could accept one. */
async function jaegerOf(values: OptionValues, hasCollector: boolean): Promise<JaegerQuery | undefined> {
  const url = httpUrl(values, 'jaeger-query-url');
  const headersFile = text(values, 'jaeger-headers-file');
  if (url === undefined) {
    if (headersFile === undefined) return undefined;
    throw new CommandError('--jaeger-headers-file is for a Jaeger: name it with --jaeger-query-url, too');
  }
  if (!hasCollector)
    throw new CommandError(
      '--jaeger-query-url: name with --jaeger-collector-url, too, where the span is sent that it has to show',
    );
  return jaegerQuery(url, await jaegerHeaders(headersFile));
}

/** Exit code: 0 no check failed, 1 one did. */
export async function doctorCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(doctorSpec, args);
  const format = choice(values, 'output', ['text', 'json'], 'text');
  const log = createLogger(logSettings(values, TERMINAL_LOG));
  const { sink, spans } = await readTelemetry(exporterSettings(values), process.env, log);
  const config = readKubeconfig(text(values, 'kubeconfig'));
  const jaeger = await jaegerOf(values, sink !== undefined);
  const client = createKubeClient(config, {
    userAgent: `tektrace-doctor/${VERSION}`,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    log,
  });
  try {
    const findings = await examine({
      client,
      namespace: text(values, 'namespace') ?? contextNamespace(config),
      sendSpan:
        sink &&
        (async (traceId) => {
          await sendSpan(sink, spans, traceId, Date.now());
          return sink.target;
        }),
      ...(jaeger && { jaeger }),
      newTraceId: () => randomBytes(16).toString('hex'),
      now: Date.now,
    });
    const hasFailed = findings.some(({ state }) => state === 'failed');
    if (format === 'json') process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
    else {
      const terminal = createTerminal(process.stdout);
      show(findings, terminal);
      terminal.print(`\n  ${hasFailed ? terminal.red(verdict(findings)) : verdict(findings)}`);
    }
    return hasFailed ? 1 : 0;
  } finally {
    await sink?.close();
    client.close();
  }
}
