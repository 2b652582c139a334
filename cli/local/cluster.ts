import { rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { createAuthority, issueCertificate } from '../../certs/authority.ts';
import { readClusterKey } from '../../controller/cluster-key.ts';
import { runControllers } from '../../controller/compose.ts';
import type { ControllerProcess } from '../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import { startApiServer } from '../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../local/apiserver/server.ts';
import { IsolationRefused } from '../../local/node/isolation/choose.ts';
import { makeOwnDirectory, removeLeftovers, SHARED_MEMORY } from '../../local/node/own-directory.ts';
import { startNode } from '../../local/node/node.ts';
import type { RunningNode } from '../../local/node/node.ts';
import type { PodLogSource } from '../../local/pod-logs.ts';
import { startTraceStore } from '../../local/tracestore/server.ts';
import type { TraceStore, TraceStoreOptions } from '../../local/tracestore/server.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { certificateAccess } from '../../shared/kubernetes/client/certificate.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { createOtlpSink } from '../../shared/tracing/exporters/otlp.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { mirrorSink } from '../../shared/tracing/exporters/mirror.ts';
import { withV1beta1 } from '../v1beta1/definition.ts';
import { CONTROLLER_MANAGER } from '../../shared/tracing/provenance.ts';
import { hostAttributes } from '../../shared/tracing/resource.ts';
import type { SpanSettings } from '../../shared/tracing/span-settings.ts';
import { startWebhookServer } from '../../webhook/server.ts';
import { CommandError } from '../errors.ts';
import { plainCommand } from './plain-command.ts';
import { cleanUpAtLast } from '../process/last-resort.ts';
import { readCrds } from './crds.ts';
import { createLiveRuns } from './live-runs.ts';
import { checkLimits, explainStart } from './machine.ts';
import { stepEnvironment } from './step-environment.ts';
import { createStepMirror } from './step-mirror.ts';
import type { StepMirror } from './step-mirror.ts';
import { tektonConverters } from './tekton-converters.ts';
import { webhookConfiguration } from './webhook-configuration.ts';

const CERTIFICATE_MS = 365 * 24 * 3_600_000;

/** Spans that are kept while the user's collector is unreachable: some hundred runs. */
const MIRRORED_SPANS = 100_000;
const MIRROR_FLUSH_MS = 5_000;

export interface LocalClusterOptions {
  isolation: 'auto' | 'namespaces' | 'plain';
  apiPort?: number;
  /** Port of the page; default 0: any that is free. */
  pagePort?: number;
  /** Where people see the same traces in a Jaeger. */
  jaegerUiUrl?: string | undefined;
  /** The port of the page if it is free, else any: then the page's address stays over many starts. For an absent `pagePort`. */
  usualPagePort?: number;
  /** The user's collector, in addition to the trace store. */
  sink: SpanSink | undefined;
  /** Resource attributes and limits of all spans; absent: OpenTelemetry's defaults. */
  spans?: SpanSettings;
  /** False: no controllers, because they run in another process. */
  controllers?: boolean;
  /** Aborts the start, and stops the parts that were started. Ignored when the start is complete. */
  signal?: AbortSignal;
  log: Logger;
}

export interface LocalCluster {
  client: KubeClient;
  server: RunningApiServer;
  /** Path of the kubeconfig: mode 0600, in a directory that is removed at the end. */
  kubeconfigFile: string;
  traces: TraceStore;
  node: RunningNode;
  /** Resolves when the controllers' present spans are in the trace store. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

type Cleanup = () => Promise<void> | void;

function logsOf(node: RunningNode | undefined): PodLogSource {
  if (!node) throw new Error('the node has not started yet');
  return node.logs;
}

async function connect(
  server: RunningApiServer,
  identity: { user: string; groups: string[] } | undefined,
  userAgent: string,
): Promise<KubeClient> {
  const access = certificateAccess(server.url, server.caPem, await server.clientCertificate(identity));
  return createKubeClient(access, { userAgent });
}

async function startWebhook(admin: KubeClient, traces: TraceStore, log: Logger): Promise<Cleanup> {
  const authority = await createAuthority({ commonName: 'tektrace-webhook-ca', lifetimeMs: CERTIFICATE_MS });
  const certificate = await issueCertificate(authority, {
    commonName: '127.0.0.1',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
    lifetimeMs: CERTIFICATE_MS,
  });
  const webhook = await startWebhookServer({
    host: '127.0.0.1',
    port: 0,
    certificate,
    settings: {
      sampling: { ratio: 1 },
      // Only the person who started this cluster has its credentials.
      inbound: 'join',
      trustedRequesters: [CONTROLLER_MANAGER],
      traceUrl: (traceId) => traces.runUrl(traceId),
    },
    log: log.child({ component: 'webhook' }),
  });
  const body = webhookConfiguration(`https://127.0.0.1:${webhook.port}`, authority.certPem);
  await admin.request('POST', resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS), { body });
  return () => webhook.close();
}

async function startTraces(
  { pagePort, usualPagePort = 0, jaegerUiUrl, log }: LocalClusterOptions,
  sources: Pick<TraceStoreOptions, 'live' | 'logs' | 'onStepSpans'>,
): Promise<TraceStore> {
  const start = (port: number): Promise<TraceStore> =>
    startTraceStore({
      ...{ port, ...sources, log: log.child({ component: 'tracestore' }) },
      ...(jaegerUiUrl !== undefined && { jaegerUiUrl }),
    });
  if (pagePort !== undefined) return start(pagePort);
  return start(usualPagePort).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return start(0);
    throw error;
  });
}

/** Writes the file in which `tektrace trace` and `tektrace run --kubeconfig` find this cluster's trace store. */
async function writeAccess(directory: string, server: RunningApiServer, traces: TraceStore): Promise<string> {
  const kubeconfigFile = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfigFile, await server.kubeconfig(), { mode: 0o600 });
  await writeFile(path.join(directory, 'tracestore.json'), JSON.stringify({ url: traces.url, token: traces.token }), {
    mode: 0o600,
  });
  return kubeconfigFile;
}

/**
 * Starts the embedded cluster in this process: API server, webhook, controllers, node, trace store. If a part fails, the others are stopped again.
 * Throws CommandError for a missing resource of the machine, and the reason of `signal` when it aborts.
 */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { log, isolation, signal } = options;
  checkLimits();
  const cleanups: Cleanup[] = [];
  const toEnd = (cleanup: Cleanup): void => {
    cleanups.push(cleanup);
    signal?.throwIfAborted();
  };
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const cleanup of cleanups.splice(0).reverse()) {
      // If one part can't be removed, the others still are.
      await (async () => cleanup())().catch((error: unknown) => failures.push(error));
    }
    takeBack();
    if (failures.length > 0) throw failures[0];
  };
  const takeBack = cleanUpAtLast(close);
  try {
    signal?.throwIfAborted();
    const left = await removeLeftovers([os.tmpdir(), SHARED_MEMORY]);
    if (left.length > 0) log.info('removed what a killed process left behind', { directories: left });
    const directory = await makeOwnDirectory(os.tmpdir());
    toEnd(() => rm(directory, { recursive: true, force: true }));
    const steps: StepSpans = {};
    // The node needs the API server to start; the API server and the page need the node for logs.
    const running: { node?: RunningNode } = {};
    const live = createLiveRuns(log.child({ component: 'page' }));
    const traces = await startTraces(options, {
      live,
      logs: (place, part, signal) => logsOf(running.node).logs({ ...place, ...part, timestamps: false, signal }),
      onStepSpans: (spans, sender) => steps.mirror?.add(spans, sender),
    });
    toEnd(() => traces.close());
    const server = await startApiServer({
      port: options.apiPort ?? 0,
      crds: (await readCrds()).map(withV1beta1),
      converters: tektonConverters,
      podLogs: () => running.node?.logs,
      log: log.child({ component: 'apiserver' }),
    });
    toEnd(() => server.close());
    const client = await connect(server, undefined, 'tektrace-cli');
    toEnd(() => client.close());
    const watching = new AbortController();
    const watched = live.watch(client, watching.signal);
    toEnd(() => (watching.abort(), watched));
    toEnd(await startWebhook(client, traces, log));
    const nodeClient = await connect(server, { user: 'system:node:local', groups: ['system:nodes'] }, 'tektrace-node');
    toEnd(() => nodeClient.close());
    const node = await startNode({
      ...{ client: nodeClient, isolation, log: log.child({ component: 'node' }) },
      addedEnvironment: stepEnvironment(traces),
    });
    running.node = node;
    if (node.isolation === 'plain' && process.getuid?.() === 0)
      log.warn('steps run without isolation: they are root and can change any file of this machine');
    toEnd(() => node.close());
    const controllers =
      options.controllers === false ? undefined : await startLocalControllers(server, traces, steps, options);
    toEnd(() => controllers?.stop());
    const kubeconfigFile = await writeAccess(directory, server, traces);
    return { client, server, kubeconfigFile, traces, node, flush: async () => controllers?.flush(), close };
  } catch (error) {
    await close().catch((failure: unknown) => log.warn('could not remove everything', { error: failure }));
    if (error instanceof IsolationRefused)
      throw new CommandError(
        `${error.message}.\nOn a machine or container where that is all right, run: ${plainCommand(process.env, process.argv.slice(2))}`,
      );
    throw explainStart(error);
  }
}

/** Forwards the spans of steps to the user's collector, as soon as the cluster's key is known. */
interface StepSpans {
  mirror?: StepMirror;
}

/** The user's collector. It gets the remaining spans of steps before it is closed. */
function withSteps(sink: SpanSink, mirror: StepMirror): SpanSink {
  const close = async (): Promise<void> => {
    await mirror.shutDown(MIRROR_FLUSH_MS);
    await sink.close();
  };
  return { target: sink.target, send: (spans, signal) => sink.send(spans, signal), close };
}

async function startLocalControllers(
  server: RunningApiServer,
  traces: TraceStore,
  steps: StepSpans,
  { sink, spans, log }: LocalClusterOptions,
): Promise<Pick<ControllerProcess, 'flush' | 'stop'>> {
  const client = await connect(server, { user: CONTROLLER_MANAGER, groups: ['system:masters'] }, CONTROLLER_MANAGER);
  const local = createOtlpSink({ url: new URL(traces.otlpUrl), headers: { authorization: `Bearer ${traces.token}` } });
  const mirrored = async (second: SpanSink): Promise<SpanSink> => {
    const host = hostAttributes(await readClusterKey(client, log));
    steps.mirror = createStepMirror({ sink: second, traces, host, maxSpans: MIRRORED_SPANS, log });
    return mirrorSink(local, withSteps(second, steps.mirror), {
      log,
      maxSpans: MIRRORED_SPANS,
      flushMs: MIRROR_FLUSH_MS,
    });
  };
  const controllers = await runControllers({
    client,
    sink: sink ? await mirrored(sink) : local,
    ...(spans && { spans }),
    manage: 'all',
    images: LOCAL_IMAGES,
    sampling: { ratio: 1 },
    keepFailures: true,
    traceUrl: (traceId) => traces.runUrl(traceId),
    log: log.child({ component: 'controller' }),
  });
  await controllers.synced;
  return {
    flush: () => controllers.flush(),
    stop: async () => {
      await controllers.stop();
      client.close();
    },
  };
}
