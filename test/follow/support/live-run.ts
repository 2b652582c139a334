import { MERGE_PATCH, PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../../shared/kubernetes/resources.ts';
import type { Pod } from '../../../shared/kubernetes/pod.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { TRACE_EXPORTED } from '../../../shared/tekton/annotations.ts';
import type { PipelineRun, StepState, TaskRun } from '../../../shared/tekton/types.ts';
import { runSpan } from '../../../shared/tracing/run-context.ts';
import { readTrace } from '../../peers/support/jaeger-trace.ts';
import type { JaegerTrace } from '../../peers/support/jaeger-trace.ts';
import { until } from '../../peers/support/until.ts';
import type { FollowCluster } from './cluster.ts';
import { familyOf } from './family.ts';
import type { Family } from './family.ts';

export type Run = PipelineRun | TaskRun;

/** A run as it is written in a file: its name and namespace come when it is created. */
export type Written = Omit<KubeObject, 'metadata'> & { metadata?: KubeObject['metadata']; spec: object };

const pathOf = (run: Run, subresource?: string): string => {
  const { namespace, name } = run.metadata;
  const resource = run.kind === 'TaskRun' ? TASK_RUNS : PIPELINE_RUNS;
  return resourcePath(resource, { namespace, name, ...(subresource && { subresource }) });
};

const GO = '/workspace/go';
/** A script of a step that goes on when somebody lets it. */
export const untilLetGo = `until [ -e ${GO} ]; do sleep 1; done`;

/** How long after the mark a trace may still lack spans of upstream's. */
const SETTLE_MS = 90_000;

interface RawSpan {
  spanID: string;
  references: { spanID: string }[];
}

/** Read raw: a reading that finds parents missing leaves its warnings in Jaeger's memory for ever. */
async function isWhole({ jaeger }: FollowCluster, traceId: string, root = ''): Promise<true | undefined> {
  const response = await fetch(`${jaeger.queryUrl}/api/traces/${traceId}?raw=true`);
  if (response.status === 404) return undefined;
  const { data } = (await response.json()) as { data: { spans: RawSpan[] }[] };
  const spans = data.flatMap((trace) => trace.spans);
  const ids = new Set(spans.map(({ spanID }) => spanID));
  const isLinked = ({ spanID, references }: RawSpan): boolean =>
    spanID === root || references.length === 0 || references.some((reference) => ids.has(reference.spanID));
  return (ids.has(root) && spans.every(isLinked)) || undefined;
}

/** Whether each span that has one above it was read with that. */
function isConnected({ shown }: JaegerTrace): boolean {
  const ids = new Set(shown.map(({ spanId }) => spanId));
  return shown.every(({ parentSpanId }) => parentSpanId === undefined || ids.has(parentSpanId));
}

/** A run on the cluster. */
export class LiveRun {
  readonly cluster: FollowCluster;
  readonly created: Run;
  /** When it was asked to go, epoch milliseconds. */
  #deletedMs: number | undefined;

  constructor(cluster: FollowCluster, created: Run) {
    this.cluster = cluster;
    this.created = created;
  }

  /** `client` creates it: the administrator's unless told. */
  static async create(
    cluster: FollowCluster,
    namespace: string,
    written: Written,
    client = cluster.client,
  ): Promise<LiveRun> {
    const resource = written.kind === 'TaskRun' ? TASK_RUNS : PIPELINE_RUNS;
    const body = { apiVersion: 'tekton.dev/v1', ...written };
    const run = await client.request<Run>('POST', resourcePath(resource, { namespace }), { body });
    return new LiveRun(cluster, run);
  }

  family(): Family {
    return familyOf(this.cluster.recorder, this.created.metadata.uid ?? '', this.#deletedMs);
  }

  /** The steps of its TaskRuns, as their statuses have them. */
  steps(): StepState[] {
    return this.family().taskRuns.flatMap(({ status }) => status?.steps ?? []);
  }

  /** As it was last seen. */
  now(): Run {
    return (this.cluster.recorder.get(this.created.metadata.uid ?? '') as Run | undefined) ?? this.created;
  }

  /** Resolves with what `look` gives, asked after each change of any object. */
  until<T>(what: string, look: () => T | undefined): Promise<T> {
    return this.cluster.recorder.until(`${what} (${this.created.metadata.name})`, look);
  }

  /** Resolves with its Pod when a step's command runs: its container says so in its log. `before`: not in that Pod, but in one that comes after it. */
  async stepRuns(step: string, before?: Pod): Promise<Pod> {
    const { namespace = '' } = this.created.metadata;
    const runs = ({ status }: Pod): boolean =>
      status?.containerStatuses?.some(({ name, state }) => name === `step-${step}` && state?.running) === true;
    const pod = await this.until(`step ${step} to run`, () =>
      this.family().pods.find((one) => one.metadata.uid !== before?.metadata.uid && runs(one)),
    );
    await until(`the log of step ${step}`, async () => {
      const log = await this.cluster.kubectl(
        'logs',
        `--namespace=${namespace}`,
        pod.metadata.name ?? '',
        `--container=step-${step}`,
      );
      return log.includes('from=') ? true : undefined;
    });
    return pod;
  }

  /** Lets a step of `untilLetGo` in a Pod go on. */
  async letGo(step: string, { metadata }: Pod): Promise<void> {
    const { namespace, name = '' } = metadata;
    await this.cluster.kubectl('exec', `--namespace=${namespace}`, name, `--container=step-${step}`, '--', 'touch', GO);
  }

  traceId(): string | undefined {
    return runSpan(this.now())?.traceId;
  }

  async patch(body: object): Promise<void> {
    await this.cluster.client.request('PATCH', pathOf(this.created), { body, contentType: MERGE_PATCH });
  }

  async delete(): Promise<void> {
    this.#deletedMs = Date.now();
    await this.cluster.client.request('DELETE', pathOf(this.created), { query: { propagationPolicy: 'Background' } });
  }

  /** Resolves when it has the mark of an exported run, or is gone. */
  async exported(): Promise<void> {
    const { uid } = this.created.metadata;
    const isOver = (): boolean =>
      this.now().metadata.annotations?.[TRACE_EXPORTED] === uid ||
      this.cluster.recorder.goneMs(this.created) !== undefined;
    await this.until('the mark', () => isOver() || undefined);
  }

  /** Its trace, once that is said to be whole: by the mark, or, of a run that is gone, by its root. What the family shows is by then as new as the trace. */
  async trace(): Promise<JaegerTrace> {
    await this.exported();
    const { traceId = '', spanId } = runSpan(this.now()) ?? {};
    const { jaeger } = this.cluster;
    // A deleted run has no mark. Upstream sends its own spans every five seconds, some of them before the one above: also between two readings.
    const whole = async (): Promise<JaegerTrace | undefined> => {
      if (!(await isWhole(this.cluster, traceId, spanId))) return undefined;
      const trace = await readTrace(jaeger, traceId);
      return isConnected(trace) ? trace : undefined;
    };
    const trace = await until(`the whole trace ${traceId}`, whole, SETTLE_MS).catch(() => readTrace(jaeger, traceId));
    const { client, recorder } = this.cluster;
    await recorder.caughtUp(client, this.created.metadata.namespace ?? '');
    return trace;
  }
}
