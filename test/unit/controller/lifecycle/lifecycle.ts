import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { LifecycleController } from '../../../../controller/lifecycle/controller.ts';
import { LifecycleSender } from '../../../../controller/lifecycle/sender.ts';
import { createPolicy } from '../../../../controller/policy.ts';
import type { PolicyOptions } from '../../../../controller/policy.ts';
import { createTraceSources } from '../../../../controller/watch/trace-sources.ts';
import { runWatches } from '../../../../controller/watch/watches.ts';
import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import { Reflector } from '../../../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, TASK_RUNS } from '../../../../shared/kubernetes/resources.ts';
import { createLogger, silentLogger } from '../../../../shared/runtime/log.ts';
import { PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../../../shared/tekton/types.ts';
import { parseCarrier } from '../../../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../../../shared/tracing/carrier.ts';
import type { SpanSink } from '../../../../shared/tracing/exporters/sink.ts';
import { FakeApi } from './fake-api.ts';
import { ms } from './objects.ts';

/** The names that objects.ts gives. */
export const RUN = 'build-x7k2p';
export const TASK = 'build-x7k2p-compile';

/** A lifecycle controller between a fake API server and a collector that keeps what it accepted. */
export class Lifecycle {
  readonly api = new FakeApi();
  readonly accepted: ReadableSpan[][] = [];
  /** Events on runs: reason and message. */
  readonly events: { name: string; reason: string; message: string }[] = [];
  /** What it says of its collector. */
  readonly lines: string[] = [];
  /** Why the collector does not take spans; undefined: it does. */
  refusal: (spans: ReadableSpan[]) => Error | undefined = () => undefined;
  /** Whether the collector swallows what it gets: no request ends. */
  swallows = false;
  /** The exports under way that the collector has swallowed. */
  swallowed = 0;
  #controller: LifecycleController | undefined;
  nowMs = ms(25);
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #releases: (() => void)[] = [];
  #ended = false;

  /** Starts a controller, as a process does; the returned function ends it. */
  async start(options: { policy?: Partial<PolicyOptions>; markDelayMs?: number } = {}): Promise<() => Promise<void>> {
    const { client } = this.api;
    const log = silentLogger;
    const watches = {
      pipelineRuns: new Reflector<PipelineRun>({ client, resource: PIPELINE_RUNS, log }),
      taskRuns: new Reflector<TaskRun>({ client, resource: TASK_RUNS, log }),
      pods: new Reflector<Pod>({ client, resource: PODS, log }),
    };
    const sources = createTraceSources({ client, log });
    const senderLog = createLogger({ format: 'text', write: (line) => void this.lines.push(line) });
    const controller = new LifecycleController({
      client,
      watches,
      sources,
      sender: new LifecycleSender({ sink: this.#sink, clusterKey: 'cluster-1', log: senderLog }),
      policy: createPolicy({ manage: 'none', sampling: { ratio: 1 }, keepFailures: true, ...options.policy }),
      events: {
        record: ({ metadata }, _type, reason, message) =>
          void this.events.push({ name: metadata.name ?? '', reason, message }),
        flush: async () => undefined,
      },
      markDelayMs: options.markDelayMs ?? 0,
      log,
      nowMs: () => this.nowMs,
    });
    this.#controller = controller;
    const stop = new AbortController();
    const { synced, ended: watchesEnded } = runWatches({ ...watches, ...sources }, stop.signal);
    await synced;
    controller.startStamping();
    controller.startExporting();
    let ended = false;
    const end = async (): Promise<void> => {
      if (ended) return;
      ended = true;
      stop.abort();
      await controller.stop();
      await watchesEnded;
    };
    this.#stops.push(end);
    return end;
  }

  /** Ends all that was started. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.swallows = false;
    for (const release of this.#releases) release();
    for (const stop of this.#stops) await stop();
  }

  /** Lets everything that is under way happen until `holds`; the test's own time limit is the only one. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.#ended) await new Promise<void>((resolve) => setTimeout(resolve, 5));
  }

  /** What drive asks the controller that was started last. */
  get drive(): Pick<LifecycleController, 'waitMs' | 'trusted' | 'spanOf'> {
    return this.#controller!;
  }

  /** The names of accepted spans, in their order. */
  sent(): string[] {
    return this.accepted.flat().map((span) => span.name);
  }

  mark(plural: 'pipelineruns' | 'taskruns', name: string): string | undefined {
    return this.api.get(plural, name)?.metadata.annotations?.[TRACE_EXPORTED];
  }

  rootOf(name = RUN): SpanCarrier | undefined {
    return parseCarrier(this.api.get('pipelineruns', name)?.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]);
  }

  readonly #sink: SpanSink = {
    target: 'http://collector',
    send: async (spans) => {
      if (this.swallows) {
        this.swallowed += 1;
        await new Promise<void>((resolve) => this.#releases.push(resolve));
      }
      const error = this.refusal(spans);
      if (error) throw error;
      this.accepted.push(spans);
    },
    close: async () => undefined,
  };
}
