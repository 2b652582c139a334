import { randomBytes } from 'node:crypto';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { examine } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { contextNamespace, readKubeconfig } from '../kubeconfig-file.ts';
import { logOptions, logSettings, TERMINAL_LOG } from '../log-options.ts';
import { exporterOptions, exporterSettings, parseOptions, text } from '../options.ts';
import type { CommandSpec } from '../options.ts';
import { createTerminal } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';
import { printable } from '../waterfall/display-width.ts';
import { wrap } from '../wrap.ts';
import { pipelineRun, sendSpan } from './check.ts';

export const doctorSpec: CommandSpec = {
  name: 'doctor',
  summary:
    'Finds out why runs have no traces: looks at Tekton, the webhook and its certificate, sampling, the clock, the controller and its rights, and the collector, and says what to do.\nNothing is stored in the cluster.',
  options: {
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'Where a PipelineRun is created by dry run (default: kubectl’s, else default).',
    },
    kubeconfig: { type: 'string', value: 'FILE', help: 'Default: KUBECONFIG, ~/.kube/config.' },
    ...exporterOptions,
    ...logOptions(TERMINAL_LOG),
  },
  examples: ['tektrace doctor', 'tektrace doctor -n ci --jaeger-collector-url http://localhost:4318/v1/traces'],
};

const DEFAULT_WIDTH = 100;

function show(findings: readonly Finding[], terminal: Terminal): void {
  const unicode = terminal.arrow === '›';
  const marks = {
    ok: terminal.green(unicode ? '✓' : '+'),
    warning: '!',
    failed: terminal.red(unicode ? '✗' : 'x'),
    unknown: terminal.dim('?'),
  };
  const at = 4 + Math.max(...findings.map(({ about }) => about.length)) + 2;
  const width = Math.max(20, (process.stdout.columns || Number(process.env.COLUMNS) || DEFAULT_WIDTH) - at);
  for (const { state, about, text: found, remedy } of findings) {
    const lines = wrap(printable(found), width).map((line, index) =>
      index === 0 ? `  ${marks[state]} ${about.padEnd(at - 4)}${line}` : ' '.repeat(at) + line,
    );
    const advice = remedy === undefined ? [] : wrap(printable(remedy), width - 3);
    const arrow = unicode ? '→' : '->';
    terminal.print(
      [...lines, ...advice.map((line, index) => ' '.repeat(at) + (index === 0 ? arrow : '').padEnd(3) + line)].join(
        '\n',
      ),
    );
  }
}

/** Exit code: 0 nothing is wrong, 1 something is. */
export async function doctorCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(doctorSpec, args);
  const log = createLogger(logSettings(values, TERMINAL_LOG));
  const { sink, spans } = await readTelemetry(exporterSettings(values), process.env, log);
  const config = readKubeconfig(text(values, 'kubeconfig'));
  const client = createKubeClient(config, { userAgent: `tektrace-doctor/${VERSION}`, log });
  try {
    const findings = await examine({
      client,
      namespace: text(values, 'namespace') ?? contextNamespace(config),
      run: pipelineRun,
      sendSpan:
        sink &&
        (async (traceId) => {
          await sendSpan(sink, spans, traceId, Date.now());
          return sink.target;
        }),
      newTraceId: () => randomBytes(16).toString('hex'),
      now: Date.now,
    });
    const terminal = createTerminal(process.stdout);
    show(findings, terminal);
    const wrong = findings.filter(({ state }) => state === 'failed').length;
    terminal.print(
      wrong === 0 ? '\n  Nothing is wrong.' : terminal.red(`\n  ${wrong} of ${findings.length} checks failed.`),
    );
    return wrong === 0 ? 0 : 1;
  } finally {
    await sink?.close();
    client.close();
  }
}
