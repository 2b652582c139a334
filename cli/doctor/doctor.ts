import type { JaegerQuery } from '../../local/jaeger/query.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { sentence } from '../errors.ts';
import { checkCluster } from './cluster.ts';
import { checkCollector, checkJaeger } from './collector.ts';
import { finding, isUnread } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkInstallations, componentOf, helmTest, readInstallation } from './installation.ts';
import type { Deployment, Installation } from './installation.ts';
import { checkAdmission } from './probe.ts';
import type { Admission } from './probe.ts';
import { checkReach, whyUnreached } from './reach.ts';
import { checkRights, checkWebhookRights } from './rights.ts';
import { checkSampling } from './sampling.ts';
import { checkTekton } from './tekton.ts';
import { checkTektonRuns } from './upstream.ts';
import { checkConfiguration } from './webhook.ts';
import { checkDeployments, checkExport, checkLeader, checkPods, collectorOf } from './workloads.ts';

export interface DoctorOptions {
  client: KubeClient;
  /** Where the probe is created by dry run. */
  namespace: string;
  /** Sends a span of that trace. Undefined if no collector is named. */
  sendSpan: ((traceId: string) => Promise<string>) | undefined;
  /** Where that span has to be seen, if a Jaeger is named. */
  jaeger?: JaegerQuery;
  /** For a probe without a context. */
  newTraceId: () => string;
  now: () => number;
  /** The longest that one check waits for the API server, in milliseconds. */
  checkTimeoutMs?: number;
}

const CHECK_TIMEOUT_MS = 30_000;

/** The check's findings; an error of it is one that failed, and so is no answer in time. */
async function safely(
  { client, checkTimeoutMs = CHECK_TIMEOUT_MS }: DoctorOptions,
  about: string,
  check: (client: KubeClient) => Promise<Finding[]>,
): Promise<Finding[]> {
  const limit = AbortSignal.timeout(checkTimeoutMs);
  const request: KubeClient['request'] = (method, path, { signal, ...options } = {}) =>
    client.request(method, path, { ...options, signal: signal ? AbortSignal.any([limit, signal]) : limit });
  try {
    return await check({ ...client, server: client.server, request });
  } catch (error) {
    const text = limit.aborted ? `the API server did not answer within ${checkTimeoutMs / 1000} s` : sentence(error);
    return [finding('failed', about, text, 'kubectl get --raw "/readyz?verbose" says whether the API server is well')];
  }
}

/** What a dry run's admission says, and why there was no context, where that can be found out. */
async function admission(
  client: KubeClient,
  { namespace, now }: DoctorOptions,
  { configurations, deployments }: Installation,
  isConfigured: boolean,
): Promise<Admission> {
  const admitted = await checkAdmission(client, namespace, now);
  const { context, findings } = admitted;
  const configuration = isUnread(configurations) ? undefined : configurations[0];
  if (context) {
    const webhook = isUnread(deployments) ? undefined : deployments.find((one) => componentOf(one) === 'webhook');
    const reach = configuration && isConfigured ? await checkReach(client, configuration) : [];
    return { ...admitted, findings: [...reach, ...findings, checkSampling(context.sampled, namespace, webhook)] };
  }
  // Which configuration there is may not be known.
  if (!admitted.isUnstamped || isUnread(configurations)) return admitted;
  const unstamped = `a PipelineRun in ${namespace} was admitted without a trace context`;
  const { text, remedy } =
    isConfigured && configuration
      ? await whyUnreached(client, configuration)
      : { text: 'what failed above explains it', remedy: undefined };
  return {
    ...admitted,
    findings: [finding('failed', 'webhook', `${unstamped}: ${text}`, remedy), ...findings.slice(1)],
  };
}

/** The rights of all service accounts; once, if this user may not ask for them. */
async function allRights(client: KubeClient, webhooks: Deployment[], controllers: Deployment[]): Promise<Finding[]> {
  const found = await Promise.all([
    ...webhooks.map((one) => checkWebhookRights(client, one)),
    ...controllers.map((one) => checkRights(client, one)),
  ]);
  return found.every(({ state }) => state === 'unknown') ? found.slice(0, 1) : found;
}

/** The chart's Deployments: Pods, leader, rights, and where the controller sends spans. */
async function checkWorkloads(client: KubeClient, installation: Installation, clusterMs: number): Promise<Finding[]> {
  const { configurations, deployments } = installation;
  if (isUnread(deployments)) return [finding('unknown', 'controller', 'this user may not list Deployments')];
  const ours = isUnread(configurations) ? [] : configurations;
  const isInCluster = ours.some(({ webhooks = [] }) => webhooks.some(({ clientConfig }) => clientConfig?.service));
  const controllers = deployments.filter((one) => componentOf(one) === 'controller');
  const webhooks = deployments.filter((one) => componentOf(one) === 'webhook');
  const all = await Promise.all([
    ...[...webhooks, ...controllers].map(async (one) => [await checkPods(client, one)]),
    ...controllers.map(async (one) =>
      (one.status?.readyReplicas ?? 0) > 0 ? checkLeader(client, one, clusterMs) : [],
    ),
    allRights(client, webhooks, controllers),
  ]);
  // Where nothing is installed, that has been said.
  const isAbsent = !isUnread(configurations) && configurations.length + deployments.length === 0;
  const missing = isAbsent ? [] : checkDeployments(deployments, isInCluster, ours[0]);
  return [...missing, ...all.flat(), ...controllers.map(checkExport)];
}

/** The collector of the controller in the cluster, and the command that tests it from there. */
function inCluster({ deployments }: Installation): { url: string; test: string } | undefined {
  const controller = isUnread(deployments) ? undefined : deployments.find((one) => componentOf(one) === 'controller');
  if (!controller) return undefined;
  const url = collectorOf(controller);
  return url === undefined ? undefined : { url, test: helmTest(controller) };
}

/** Sends the span, and asks Jaeger for it. */
async function checkExports(options: DoctorOptions, traceId: string, installation?: Installation): Promise<Finding[]> {
  const { sendSpan, jaeger } = options;
  const collector = await checkCollector(sendSpan, traceId, installation && inCluster(installation));
  return jaeger && ['ok', 'warning'].includes(collector.state)
    ? [collector, await checkJaeger(jaeger, traceId)]
    : [collector];
}

/** Checks everything that a traced run needs, in the order in which a run meets it. Nothing is stored in the cluster. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { namespace, newTraceId, now } = options;
  const cluster = await safely(options, 'cluster', async (client) => [await checkCluster(client, now)]);
  if (cluster.some(({ state }) => state === 'failed'))
    return [...cluster, ...(await checkExports(options, newTraceId()))];

  let installation: Installation = { configurations: 'absent', deployments: 'absent' };
  const [tekton, unread] = await Promise.all([
    safely(options, 'Tekton', async (client) => [await checkTekton(client)]),
    safely(options, 'installation', async (client) => {
      installation = await readInstallation(client);
      return [];
    }),
  ]);
  const { configurations } = installation;
  const configuration = isUnread(configurations) ? undefined : configurations[0];
  const [tektonRuns, configured] = await Promise.all([
    safely(options, 'Tekton', (client) => checkTektonRuns(client, installation)),
    safely(options, 'webhook configuration', async (client) => [
      ...checkInstallations(installation),
      ...(configuration ? await checkConfiguration(client, configuration, namespace, now()) : []),
    ]),
  ]);
  let admitted: Admission = { findings: [], clockOffMs: 0, isUnstamped: false };
  const isConfigured = configured.every(({ state }) => state !== 'failed');
  const admissionFindings = tekton.some(({ state }) => state === 'failed')
    ? []
    : await safely(options, 'webhook', async (client) => {
        admitted = await admission(client, options, installation, isConfigured);
        return admitted.findings;
      });
  const traceId = admitted.context?.traceId ?? newTraceId();
  const [workloads, exports] = await Promise.all([
    unread.length > 0
      ? []
      : safely(options, 'controller', (client) => checkWorkloads(client, installation, now() + admitted.clockOffMs)),
    checkExports(options, traceId, installation),
  ]);
  return [
    ...cluster,
    ...tekton,
    ...tektonRuns,
    ...unread,
    ...configured,
    ...admissionFindings,
    ...workloads,
    ...exports,
  ];
}
