import { decodeTracesProtobuf } from '../../shared/otlp/decode-protobuf.ts';
import { attribute, locateSpans } from '../../shared/otlp/spans.ts';
import { startCollector } from './collector.ts';
import type { Collector } from './collector.ts';

export interface ReconcileCounter extends Collector {
  /** How often each run was looked at: `PipelineRun build-1` → 4. */
  counts: Map<string, number>;
}

const OBJECT: Record<string, string> = {
  'PipelineRun:ReconcileKind': 'pipelinerun',
  'TaskRun:ReconcileKind': 'taskrun',
};

/** A collector that keeps no spans: it counts the ReconcileKind spans of each run. */
export async function startReconcileCounter(): Promise<ReconcileCounter> {
  const counts = new Map<string, number>();
  const collector = await startCollector((body) => {
    for (const { span } of locateSpans(decodeTracesProtobuf(body))) {
      const key = OBJECT[span.name];
      if (key === undefined) continue;
      const run = `${span.name.split(':')[0]} ${attribute(span.attributes, key)}`;
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
  });
  return { ...collector, counts };
}
