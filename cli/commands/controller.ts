import { setTimeout as delay } from 'node:timers/promises';

import { runControllers } from '../../controller/compose.ts';
import { MANAGE } from '../../controller/policy.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import type { Images } from '../../controller/taskrun/pod/images.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { fencedClient } from '../../shared/kubernetes/fenced-client.ts';
import { createKubernetesMetrics } from '../../shared/kubernetes/metrics.ts';
import { startHealthServer } from '../../shared/runtime/health.ts';
import { createMetricsRegistry } from '../../shared/runtime/metrics.ts';
import { aborted, shutdownSignal } from '../../shared/runtime/shutdown.ts';
import { CONTROLLER_MANAGER } from '../../shared/tracing/provenance.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { readKubeconfig } from '../options/kubeconfig-file.ts';
import { kubeApiOptions, rateLimit } from '../options/kube-api-options.ts';
import { createLeaderElector, leaderElectionOptions } from '../process/leader-election.ts';
import { VERSION } from '../version.ts';
import {
  choice,
  exporterOptions,
  exporterSettings,
  list,
  parseOptions,
  port,
  sampling,
  samplingOptions,
  text,
} from '../options/options.ts';
import type { CommandSpec, OptionValues } from '../options/options.ts';
import { CLUSTER_LOG, clusterLogger, logOptions } from '../options/log-options.ts';
import { traceUrlOptions, traceUrlSetting } from '../options/trace-url-options.ts';

/** How long a process without its lease may send its spans, in milliseconds: another process leads already. */
const STOP_WITHOUT_LEASE_MS = 5_000;

export const controllerSpec: CommandSpec = {
  name: 'controller',
  summary:
    'Exports one trace for each PipelineRun and each TaskRun that no PipelineRun owns, whether Tekton’s own controller executes it or this one.',
  options: {
    ...exporterOptions,
    ...samplingOptions,
    'no-keep-failures': { type: 'boolean', help: 'Do not export unsampled runs that fail.' },
    manage: {
      type: 'string',
      value: MANAGE.join('|'),
      help: 'Runs to execute: none, because Tekton’s own controller does (default); those whose\nspec.managedBy is tektrace.dev/controller; all, without Tekton’s own controller.',
    },
    'exclude-namespace': {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: 'Do not trace this namespace’s runs; may be repeated. (Nor runs and namespaces with the\nlabel tektrace.dev/ignore.)',
    },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: 'Only this namespace (default all).' },
    kubeconfig: {
      type: 'string',
      value: 'FILE',
      help: 'Default: KUBECONFIG, the Pod’s service account, ~/.kube/config.',
    },
    'health-port': {
      type: 'string',
      value: 'PORT',
      help: 'Plain HTTP /livez, /readyz and /metrics (default 8081; 0 = any).',
    },
    ...traceUrlOptions,
    ...kubeApiOptions,
    ...leaderElectionOptions,
    'entrypoint-image': { type: 'string', value: 'IMAGE', help: 'Image with upstream’s /ko-app/entrypoint.' },
    'shell-image': { type: 'string', value: 'IMAGE', help: 'Image with sh; writes the scripts.' },
    'workingdirinit-image': { type: 'string', value: 'IMAGE', help: 'Image with /ko-app/workingdirinit.' },
    'nop-image': { type: 'string', value: 'IMAGE', help: 'Image that ends at once; stops sidecars.' },
    ...logOptions(CLUSTER_LOG),
  },
  examples: ['tektrace controller --jaeger-collector-url http://jaeger-collector.jaeger:4318/v1/traces'],
};

function images(values: OptionValues): Images {
  return {
    entrypoint: text(values, 'entrypoint-image') ?? LOCAL_IMAGES.entrypoint,
    shell: text(values, 'shell-image') ?? LOCAL_IMAGES.shell,
    workingdirinit: text(values, 'workingdirinit-image') ?? LOCAL_IMAGES.workingdirinit,
    nop: text(values, 'nop-image') ?? LOCAL_IMAGES.nop,
  };
}

/** Runs until a signal, or until the lease is lost. Resolves to the exit code: 1 if the lease was lost. */
export async function controllerCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(controllerSpec, args);
  const log = clusterLogger(values);
  const settings = {
    manage: choice(values, 'manage', MANAGE, 'none'),
    excludedNamespaces: list(values, 'exclude-namespace'),
    images: images(values),
    sampling: sampling(values),
    keepFailures: values['no-keep-failures'] !== true,
    ...traceUrlSetting(values),
  };
  const healthPort = port(values, 'health-port', 8081);
  const limit = rateLimit(values);
  const { sink, spans } = await readTelemetry(exporterSettings(values), process.env, log);
  const stop = shutdownSignal();
  const config = readKubeconfig(text(values, 'kubeconfig'));
  const registry = createMetricsRegistry(VERSION);
  const kubernetes = createKubernetesMetrics(registry);
  const clientOptions = { userAgent: `${CONTROLLER_MANAGER}/${VERSION}`, observer: kubernetes.requests, log };
  // The renewal of the Lease must not wait behind other requests, and goes on while the work ends.
  const leaseClient = createKubeClient(config, clientOptions);
  const elector = createLeaderElector(values, leaseClient, { log, observer: (lease) => kubernetes.election(lease) });
  const lost = elector?.lost;
  const ended = lost ? AbortSignal.any([stop, lost]) : stop;
  const client = createKubeClient(config, { ...clientOptions, ...limit, stopping: ended });
  const isLeader = elector && (() => elector.isLeader());
  const namespace = text(values, 'namespace');
  if (!sink) {
    const flag = '--jaeger-collector-url';
    if (settings.manage === 'none') log.warn('no collector: this process has nothing to do', { flag });
    else log.info('no collector: runs are executed, no trace is recorded', { flag });
  }
  let ready = false;
  const health = await startHealthServer(healthPort, () => ready, { metrics: registry });
  try {
    // A process that waits for the lease is ready, so that a rollout can end the other process.
    ready = elector !== undefined;
    if (elector && !(await elector.acquire(stop))) return 0;
    const controllers = await runControllers({
      client: isLeader ? fencedClient(client, isLeader) : client,
      ...(isLeader && { isLeader }),
      signal: ended,
      sink,
      spans,
      ...settings,
      ...(namespace !== undefined && { namespace }),
      metrics: { registry, kubernetes },
      log,
    }).catch((error: unknown) => {
      if (ended.aborted) return undefined;
      throw error;
    });
    if (!controllers) return lost?.aborted ? 1 : 0;
    await Promise.race([controllers.synced, aborted(ended)]);
    ready = true;
    log.info('the controllers have started', {
      server: client.server,
      collector: sink?.target,
      healthPort: health.port,
    });
    await aborted(ended);
    ready = false;
    const stopped = controllers.stop();
    await (lost ? Promise.race([stopped, aborted(lost).then(() => delay(STOP_WITHOUT_LEASE_MS))]) : stopped);
    return lost?.aborted ? 1 : 0;
  } finally {
    ready = false;
    await elector?.release();
    await health.close();
    leaseClient.close();
    client.close();
  }
}
