import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Express, Router } from 'express';
import type { SpanSender } from '../../shared/otlp/sender.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { listen } from '../../shared/runtime/listen.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { closeServer, createLocalApp } from './api/app.ts';
import { createAccess, type Access } from './access/access.ts';
import { downloadRouter } from './api/download-api.ts';
import { eventsRouter } from './api/events.ts';
import { FailureLogs } from './views/failure-logs.ts';
import { ingestRouter } from './ingest/ingest.ts';
import { listRouter } from './api/list-api.ts';
import { logRouter } from './api/log-api.ts';
import { TraceMemory, type TraceMemoryCounters } from './memory/memory.ts';
import { assetsRouter, pageRouter } from './api/page.ts';
import { queryRouter } from './api/query.ts';
import { linkPath } from './access/run-link.ts';
import { createStepTokens, type StepTokens } from './ingest/step-token.ts';
import { listOf, type ListUpdate } from './views/trace-list.ts';
import { createTraceTokens } from './access/trace-token.ts';
import { Views } from './views/views.ts';
import { waterfallRouter } from './api/waterfall-api.ts';
import type { LiveSource } from '../viewer/live/live-run.ts';
import type { LogSource } from '../viewer/log-place.ts';

const MIB = 1024 * 1024;
/** Said with the list once a trace had to make room. */
const OLDER = 'older ones had to make room: only the newest are kept';
const KEEP_ALIVE_MS = 120_000;

export interface TraceStoreOptions {
  /** Default 0: any free one. */
  port?: number;
  /** The token of all clients; random by default. */
  token?: string;
  /** Maximum number of traces; the oldest is evicted first. Default 200. */
  maxTraces?: number;
  /** Maximum memory of all traces together. Default 64 MiB. */
  maxBytes?: number;
  /** Maximum of one trace's spans as JSON. Default 32 MiB, some 30 000 spans. */
  maxTraceTextBytes?: number;
  /** Maximum of one export, decompressed. Default 16 MiB. */
  maxBodyBytes?: number;
  /** Gets the accepted spans of steps, marked with their sender. */
  onStepSpans?: (traces: TracesData, sender: SpanSender) => void;
  /** The API objects of runs that have not ended. Without it a row appears when its span arrives. */
  live?: LiveSource;
  /** Where people see the same traces in a Jaeger: each page then has a link there. */
  jaegerUiUrl?: string;
  /** Containers' logs. Without it the page shows the command that prints them. */
  logs?: LogSource;
  log: Logger;
}

export interface TraceStore {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string;
  token: string;
  /** Where exporters POST; with the header `Authorization: Bearer <token>`. */
  otlpUrl: string;
  /** The address for a browser, with the token: the list of traces, or one trace. */
  pageUrl(traceId?: string): string;
  /** The short address of one trace for a browser, with a token that opens this trace only. */
  runUrl(traceId: string): string;
  /** A token for the header `STEP_TOKEN_HEADER` of exports: only for spans that this container sends to its run's trace. */
  stepToken(sender: SpanSender): string;
  /** Whether the product itself, not a step, sent a span of this id in the trace. */
  hasOwnSpan(traceId: string, spanId: string): boolean;
  /** All spans of the trace as one OTLP document, undefined if there are none. */
  trace(traceId: string): TracesData | undefined;
  /** The ids of the stored traces, the newest first. */
  traceIds(): string[];
  counters(): TraceMemoryCounters;
  /** Calls `listener` with a trace's id after spans were added to it, until the returned function is called. */
  onChange(listener: (traceId: string) => void): () => void;
  /** Ends live connections and stops listening. */
  close(): Promise<void>;
}

interface Parts {
  memory: TraceMemory;
  access: Access;
  stepTokens: StepTokens;
  events: Router;
  failureLogs: FailureLogs | undefined;
}

function createApp({ memory, access, stepTokens, events, failureLogs }: Parts, options: TraceStoreOptions): Express {
  const { log, live, logs, maxBodyBytes = 16 * MIB, onStepSpans = () => undefined } = options;
  const views = new Views(memory, { live, logs });
  const list = listOf(memory, { live, failureLogs });
  const update = (since?: string): ListUpdate => ({
    ...list.update(since),
    ...(memory.counters.tracesEvicted > 0 && { older: OLDER }),
  });
  const source = { list: update, get: (traceId: string) => memory.get(traceId) };
  const handlers = [
    ingestRouter({ memory, authenticate: access.bearer, stepTokens, onStepSpans, maxBodyBytes, log }),
    assetsRouter(),
    // All that follows is only for who may read it.
    access.reader,
    listRouter(source, failureLogs),
    queryRouter(memory),
    downloadRouter({ source: memory, jaegerUiUrl: options.jaegerUiUrl }),
    waterfallRouter(views, logs),
    ...(logs ? [logRouter(views, logs)] : []),
    events,
    pageRouter(),
  ];
  return createLocalApp(handlers, log);
}

/**
 * Starts the trace store on 127.0.0.1: takes OTLP/HTTP, keeps the traces in memory, serves them as JSON and as a page.
 * @throws when the port is taken.
 */
export async function startTraceStore(options: TraceStoreOptions): Promise<TraceStore> {
  const { port = 0, token = randomBytes(24).toString('base64url') } = options;
  const { maxTraces = 200, maxBytes = 64 * MIB, maxTraceTextBytes = 32 * MIB } = options;
  const memory = new TraceMemory({ maxTraces, maxBytes, maxTraceTextBytes });
  const { live, logs } = options;
  const failureLogs = logs && new FailureLogs(logs);
  const events = eventsRouter([memory, live, failureLogs].filter((source) => source !== undefined));
  // Longer than exporters keep an idle connection: closing it during its reuse would lose a request.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  const bound = await listen(server, { port, host: '127.0.0.1' }, options.log);
  const url = `http://127.0.0.1:${bound}`;
  const stepTokens = createStepTokens();
  const traceTokens = createTraceTokens();
  const access = createAccess({ token, traceTokens, cookieName: `tektrace-${bound}`, hasTraces: true });
  const app = createApp({ memory, access, stepTokens, events: events.router, failureLogs }, options);
  server.on('request', app);
  return {
    url,
    token,
    otlpUrl: `${url}/v1/traces`,
    pageUrl: (traceId) =>
      `${url}${traceId === undefined ? '/' : `/trace/${traceId}`}?token=${encodeURIComponent(token)}`,
    runUrl: (traceId) => `${url}${linkPath({ traceId, token: traceTokens.issue(traceId) })}`,
    stepToken: (sender) => stepTokens.issue(sender),
    hasOwnSpan: (traceId, spanId) => memory.hasOwn(traceId, spanId),
    trace: (traceId) => memory.get(traceId),
    traceIds: () => memory.ids(),
    counters: () => ({ ...memory.counters }),
    onChange: (listener) => memory.onChange(listener),
    close: async () => {
      events.close();
      await closeServer(server);
    },
  };
}
