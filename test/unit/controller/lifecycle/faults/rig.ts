import { expect, jest } from '@jest/globals';

import { ApiError, ConnectionError } from '../../../../../shared/kubernetes/errors.ts';
import type { KubeClient, KubeRequest } from '../../../../../shared/kubernetes/client.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../../../shared/kubernetes/types.ts';
import { createLogger } from '../../../../../shared/runtime/log.ts';
import { isOwnAnnotation } from '../../../../../shared/tekton/annotations.ts';
import { createOtlpSink } from '../../../../../shared/tracing/exporters/otlp.ts';
import type { SpanSink } from '../../../../../shared/tracing/exporters/sink.ts';
import { FakeApi } from '../fake-api.ts';
import { ms } from '../objects.ts';
import { Collector } from './collector.ts';
import { startProcess } from './process.ts';
import type { Process } from './process.ts';
import type { Stage } from './standard-run.ts';

type Plural = Stage['plural'];

/** What a process sends: spans to the collector, or a patch to the API server. */
export interface Sent {
  to: 'collector' | 'api';
  /** Names of spans, or `mark NAME` and `stamp NAME`. */
  what: string;
}

const STEP_MS = 1_000;
const pluralOf = (path: string): string =>
  /\/(pipelineruns|taskruns|pods|customruns|resolutionrequests|events)\b/.exec(path)?.[1] ?? '';

/** Processes of Tektrace between a fake API server and a collector, on one clock that the test moves. */
export class Rig {
  readonly api = new FakeApi();
  readonly collector = new Collector();
  /** How long a sender waits for the collector, in milliseconds of a real clock. */
  patienceMs = 10_000;
  readonly events: { reason: string; message: string }[] = [];
  /** What it logs as a warning, without those of watches. */
  readonly warnings: string[] = [];
  /** All that was sent, as it was sent. */
  readonly sent: Sent[] = [];
  /** Called when something is about to be sent, and when the receiver has done what it says and before the sender knows. */
  before: (index: number) => void = () => undefined;
  after: (index: number) => void = () => undefined;
  /** What the API server answers instead of working. */
  failRequest: (method: string, path: string, body: unknown) => Error | undefined = () => undefined;
  /** Kinds whose watches bring nothing for now. */
  readonly held = new Set<string>();
  readonly #processes: Process[] = [];
  #cut = new AbortController();
  #cutWith: Error | undefined;
  #underWay = 0;
  #released: (() => void)[] = [];

  static async start(): Promise<Rig> {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'], now: ms(-5) });
    const rig = new Rig();
    await rig.collector.open();
    return rig;
  }

  async stop(): Promise<void> {
    this.release();
    for (const process of this.#processes) process.kill();
    await this.collector.close();
    jest.useRealTimers();
  }

  async process(): Promise<Process> {
    const sink = createOtlpSink({ url: this.collector.url, timeoutMs: this.patienceMs });
    const log = createLogger({ format: 'text', write: (line) => void (/warn|error/.test(line) && !line.includes('list or watch') && this.warnings.push(line)) }); // prettier-ignore
    const event = (reason: string, message: string): void => void this.events.push({ reason, message });
    const process = await startProcess({ client: this.#client, sink: this.#counted(sink), log, event });
    this.#processes.push(process);
    await this.#rest();
    return process;
  }

  /** Moves the clock to a second of the run, while everything that is due happens. */
  async until(seconds: number): Promise<void> {
    await this.#rest();
    while (Date.now() < ms(seconds)) {
      jest.advanceTimersByTime(Math.min(STEP_MS, ms(seconds) - Date.now()));
      await this.#rest();
    }
  }

  /** Lets the stages happen in their seconds. */
  async play(stages: Stage[]): Promise<void> {
    for (const stage of stages) {
      await this.until(stage.at);
      this.put(stage);
      await this.#rest();
    }
  }

  /** What others than Tektrace write keeps the annotations that the object has. */
  put({ plural, object }: Pick<Stage, 'plural' | 'object'>): void {
    const { annotations, managedFields } = this.api.get<KubeObject>(plural, object.metadata.name ?? '')?.metadata ?? object.metadata; // prettier-ignore
    this.api.put(plural, { ...object, metadata: { ...object.metadata, annotations, managedFields } });
  }

  /** A client writes annotations, as `kubectl annotate` does. */
  annotate(plural: Plural, name: string, changes: Record<string, string>): void {
    const object = this.api.get<KubeObject>(plural, name);
    const fields = Object.fromEntries(Object.keys(changes).map((key) => [`f:${key}`, {}]));
    const entry: ManagedFieldsEntry = { manager: 'kubectl-annotate', operation: 'Update', fieldsV1: { 'f:metadata': { 'f:annotations': fields } } }; // prettier-ignore
    const { metadata } = object;
    const managedFields = [...(metadata.managedFields ?? []), entry];
    this.api.put(plural, { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...changes }, managedFields } }); // prettier-ignore
  }

  /** All watches end: with an error, or as at the end of their time. */
  cut(error?: Error): void {
    this.#cutWith = error;
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  /** The API server is away: connections break and are refused, until the returned function is called. */
  away(): () => void {
    const before = this.failRequest;
    this.failRequest = (method, path) =>
      new ConnectionError(`${method} ${path}`, new Error('connect ECONNREFUSED'), false);
    this.cut(new ConnectionError('GET', new Error('socket hang up')));
    return () => void (this.failRequest = before);
  }

  /** Watches that were held bring what there is. */
  release(): void {
    this.held.clear();
    for (const go of this.#released.splice(0)) go();
  }

  mark(plural: 'pipelineruns' | 'taskruns', name: string): string | undefined {
    return this.api.get<KubeObject>(plural, name)?.metadata.annotations?.['tekton/trace-exported'];
  }

  /** Until nothing happens any more without the clock. */
  async #rest(): Promise<void> {
    let idle = 0;
    while (idle < 5) {
      await new Promise((resolve) => setImmediate(resolve));
      idle = this.#underWay > 0 ? 0 : idle + 1;
    }
  }

  async #send<T>(sent: Sent, work: () => Promise<T>): Promise<T> {
    const index = this.sent.push(sent) - 1;
    this.before(index);
    this.#underWay += 1;
    try {
      const result = await work();
      this.after(index);
      return result;
    } finally {
      this.#underWay -= 1;
    }
  }

  #counted(sink: SpanSink): SpanSink {
    const what = (spans: { name: string }[]): string => spans.map(({ name }) => name).join(', ');
    return { ...sink, send: (spans) => this.#send({ to: 'collector', what: what(spans) }, () => sink.send(spans)) };
  }

  readonly #client: KubeClient = {
    ...this.api.client,
    request: async <T>(method: string, path: string, request: KubeRequest = {}): Promise<T> => {
      const work = async (): Promise<T> => {
        const failure = this.failRequest(method, path, request.body);
        if (failure) throw failure;
        return this.api.client.request<T>(method, path, request);
      };
      if (method === 'GET') return work();
      this.#expectOwnAnnotations(method, path, request.body);
      const isMark = JSON.stringify(request.body).includes('tekton/trace-exported":"');
      return this.#send({ to: 'api', what: `${isMark ? 'mark' : 'stamp'} ${path.split('/').at(-1)}` }, work);
    },
    stream: async (path, request = {}) => {
      const failure = this.failRequest('GET', path, undefined);
      if (failure) throw failure;
      const cut = this.#cut.signal;
      const signal = AbortSignal.any([cut, ...(request.signal ? [request.signal] : [])]);
      const lines = await this.api.client.stream(path, { ...request, signal });
      return this.#lines(pluralOf(path), lines, cut);
    },
  };

  async *#lines(plural: string, lines: AsyncIterable<string>, cut: AbortSignal): AsyncGenerator<string> {
    for await (const line of lines) {
      while (this.held.has(plural)) await new Promise<void>((resolve) => this.#released.push(resolve));
      if (cut.aborted) break;
      yield line;
    }
    if (cut.aborted && this.#cutWith) throw this.#cutWith;
  }

  /** A followed run is the work of others: Tektrace writes annotations of its own on it, and nothing else. */
  #expectOwnAnnotations(method: string, path: string, body: unknown): void {
    const { metadata, ...others } = body as { metadata: { annotations: Record<string, unknown> } };
    const written = Object.keys(metadata).filter((key) => key !== 'uid' && key !== 'resourceVersion');
    const foreign = Object.keys(metadata.annotations).filter((key) => !isOwnAnnotation(key));
    const allowed = { method: 'PATCH', written: ['annotations'], others: {}, foreign: [], subresource: false };
    const isSubresource = !/\/(pipelineruns|taskruns)\/[^/]+$/.test(path);
    this.expected(() => expect({ method, written, others, foreign, subresource: isSubresource }).toEqual(allowed));
  }

  /** What was found wrong where a throw would only look like a fault. */
  readonly problems: unknown[] = [];
  expected(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.problems.push(error);
    }
  }
}

export const status = (code: number, reason: string, message = reason): ApiError =>
  new ApiError('PATCH', code, { kind: 'Status', reason, message, code });
