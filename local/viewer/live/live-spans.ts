import type { PipelineRun } from '../../../shared/tekton/types.ts';
import { definitionName } from '../../../shared/tracing/definition-name.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { traceParentOf, trustedAdmissionTime } from '../../../shared/tracing/provenance.ts';
import { pipelineRunSpan, taskRunSpan } from '../../../shared/tracing/run-context.ts';
import type { LiveRun } from './live-run.ts';
import { liveSpan, type LiveSpan } from './live-span.ts';
import { liveOutcome } from './outcome.ts';
import { liveTask } from './task.ts';
import { bornMs, timeMs } from './times.ts';

function livePipelineRun(run: PipelineRun, traceId: string, all: LiveRun, nowMs: number): LiveSpan[] {
  const own = pipelineRunSpan(run);
  if (own?.traceId !== traceId) return [];
  const parent = traceParentOf(run);
  const owner = parent && all.pipelineRuns.find(({ metadata }) => metadata.uid === parent.uid);
  const startMs = bornMs(run);
  const { endMs, result, errorType, error } = liveOutcome(run, nowMs);
  const root = {
    ...{
      traceId,
      spanId: own.spanId,
      parentSpanId: owner && pipelineRunSpan(owner)?.spanId,
      name: `RUN ${definitionName(run)}`,
    },
    ...{ startMs, endMs, error },
    attributes: {
      ...{ pipelinerun: run.metadata.name, namespace: run.metadata.namespace },
      ...{ 'cicd.pipeline.result': result, 'error.type': errorType },
    },
  };
  const queued = {
    ...{ traceId, spanId: deriveSpanId(traceId, 'queued', own.spanId), parentSpanId: own.spanId, name: 'queued' },
    startMs: trustedAdmissionTime(run.metadata)?.answeredMs ?? startMs,
    endMs: timeMs(run.status?.startTime) ?? endMs,
  };
  return [liveSpan(root, nowMs), liveSpan(queued, nowMs)];
}

/**
 * What the API objects of a trace show before its spans arrive: the run, its tasks, their waits and steps, running or just ended. Each has the id that
 * its span will have (docs/trace.md). Pure.
 * @param nowMs milliseconds since the epoch
 */
export function liveSpans(traceId: string, live: LiveRun, nowMs: number): LiveSpan[] {
  const runs = live.pipelineRuns.flatMap((run) => livePipelineRun(run, traceId, live, nowMs));
  const tasks = live.taskRuns.flatMap((taskRun) => {
    const own = taskRunSpan(taskRun);
    return own?.traceId === traceId ? liveTask(taskRun, own, live.pods, nowMs) : [];
  });
  return [...runs, ...tasks];
}

/** The live spans that the trace does not have yet: neither they nor one of those above them has arrived. After the run's own span, none is left. */
export function notYetArrived(live: LiveSpan[], arrived: ReadonlySet<string>): LiveSpan[] {
  const byId = new Map(live.map((one) => [one.span.spanId, one]));
  return live.filter((one) => {
    const seen = new Set<LiveSpan>();
    for (let at: LiveSpan | undefined = one; at && !seen.has(at); at = byId.get(at.span.parentSpanId ?? '')) {
      if (arrived.has(at.span.spanId)) return false;
      seen.add(at);
    }
    return true;
  });
}
