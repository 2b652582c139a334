import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import type { Run } from '../follow/follow-run.ts';
import { LastLines } from '../follow/last-lines.ts';
import { readEnd } from '../follow/show-end.ts';
import { durationText } from '../text/runs-overview.ts';
import type { Terminal } from '../text/terminal.ts';
import { printable } from '../waterfall/display-width.ts';
import type { LocalCluster } from './cluster.ts';

export interface AnnounceOptions {
  cluster: Pick<LocalCluster, 'client' | 'kubeconfigFile' | 'traces'>;
  terminal: Terminal;
  /** Runs that were reported otherwise: their UIDs. */
  known: ReadonlySet<string>;
  log: Logger;
  signal: AbortSignal;
}

const nameOf = ({ metadata }: Run): string => printable(`${metadata.namespace}/${metadata.name}`);

/** Prints how the run ended: result, duration, the failed steps with their last lines, the link to its trace. */
async function announceEnd(run: Run, { cluster, terminal, signal }: AnnounceOptions): Promise<void> {
  const logs = { kubeconfigFile: cluster.kubeconfigFile, isKept: true };
  const context = {
    client: cluster.client,
    terminal,
    lastLines: new LastLines(),
    cancelledBy: undefined,
    logs,
    signal,
  };
  const { isGood, heading, failures, more } = await readEnd(run, context);
  const title = `  ${heading}  ${durationText(run)}`;
  terminal.print(isGood ? terminal.green(title) : terminal.red(title));
  for (const { text, lastLines } of failures) {
    terminal.print(`  ${text}`);
    terminal.quote(lastLines);
  }
  if (more > 0) terminal.print(`    and ${more} more`);
  const traceId = runSpan(run)?.traceId;
  if (traceId !== undefined) terminal.print(`    ${cluster.traces.runUrl(traceId)}`);
}

/**
 * Prints one line for the start of each run and a few for its end, until `signal` aborts: for runs that were created with kubectl. Runs of a
 * Pipeline in a Pipeline and TaskRuns of a PipelineRun are part of theirs.
 */
export function announceRuns(options: AnnounceOptions): void {
  const { cluster, terminal, known, log, signal } = options;
  const started = new Set<string>();
  const ended = new Set<string>();
  // One after the other, so that the lines of two runs do not mix.
  let printing = Promise.resolve();
  const seen = (run: Run): void => {
    const { uid = '' } = run.metadata;
    if (known.has(uid) || ended.has(uid) || parentOf(run)) return;
    if (!started.has(uid)) {
      started.add(uid);
      printing = printing.then(() => terminal.print(`  Started  ${nameOf(run)}`));
    }
    if (!isDone(run)) return;
    ended.add(uid);
    printing = printing
      .then(() => announceEnd(run, options))
      .catch((error: unknown) => {
        if (!signal.aborted) log.warn('the end of a run could not be reported', { run: nameOf(run), error });
      });
  };
  const deleted = (run: Run): void => {
    const { uid = '' } = run.metadata;
    if (started.delete(uid) && !ended.has(uid))
      printing = printing.then(() => terminal.print(`  Deleted  ${nameOf(run)}, before it ended`));
    ended.delete(uid);
  };
  for (const resource of [PIPELINE_RUNS, TASK_RUNS]) {
    const runs = new Reflector<Run>({ client: cluster.client, resource, log });
    runs.addHandler({ added: seen, updated: seen, deleted });
    void runs.run(signal);
  }
}
