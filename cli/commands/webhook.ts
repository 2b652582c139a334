import { systemClock } from '../../certs/clock.ts';
import { givenCertificate } from '../../certs/given-certificate.ts';
import { keepCertificate, PROPAGATION_MS } from '../../certs/keeper.ts';
import { createCertificateMetrics } from '../../certs/metrics.ts';
import { ownAuthority } from '../../certs/own-authority.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { createRequestMetrics } from '../../shared/kubernetes/metrics/requests.ts';
import { startHealthServer } from '../../shared/runtime/health.ts';
import { createMetricsRegistry } from '../../shared/runtime/metrics.ts';
import { aborted, shutdownSignal } from '../../shared/runtime/shutdown.ts';
import { createWebhookMetrics } from '../../webhook/metrics.ts';
import { readiness, requestItself } from '../../webhook/self-request.ts';
import { startWebhookServer } from '../../webhook/server.ts';
import { CommandError } from '../errors.ts';
import { readKubeconfig } from '../options/kubeconfig-file.ts';
import { choice, durationMs, list, parseOptions, port, sampling, samplingOptions, text } from '../options/options.ts';
import type { CommandSpec, OptionValues } from '../options/options.ts';
import { CLUSTER_LOG, clusterLogger, logOptions } from '../options/log-options.ts';
import { traceUrlOptions, traceUrlSetting } from '../options/trace-url-options.ts';
import { UPSTREAM_CONTROLLERS } from '../upstream-controllers.ts';
import { VERSION } from '../version.ts';

const DRAIN_MS = 15_000;

export const webhookSpec: CommandSpec = {
  name: 'webhook',
  summary:
    'Serves the mutating admission webhook that adds span contexts. It creates its own certificate, unless it is given one.',
  options: {
    port: { type: 'string', value: 'PORT', help: 'HTTPS (default 8443; 0 = any).' },
    'health-port': {
      type: 'string',
      value: 'PORT',
      help: 'Plain HTTP /livez, /readyz and /metrics (default 8081; 0 = any).',
    },
    namespace: {
      type: 'string',
      value: 'NAME',
      help: 'Namespace of Secret and Service (default POD_NAMESPACE, else tektrace).',
    },
    'secret-name': {
      type: 'string',
      value: 'NAME',
      help: 'Secret of the certificate authority (default tektrace-webhook-ca).',
    },
    'certificate-secret': {
      type: 'string',
      value: 'NAME',
      help: 'Secret with a certificate that something else keeps, such as cert-manager: tls.crt and\ntls.key are served, ca.crt is published (default: none, it has an authority of its own).',
    },
    'ca-propagation': {
      type: 'string',
      value: 'D',
      help: 'How long a CA bundle is published before a certificate that needs it is served\n(default 30s).',
    },
    'configuration-name': {
      type: 'string',
      value: 'NAME',
      help: 'MutatingWebhookConfiguration that gets the CA bundle (default tektrace-webhook).',
    },
    'service-name': { type: 'string', value: 'NAME', help: 'Service the API server calls (default tektrace-webhook).' },
    'trusted-requester': {
      type: 'string',
      multiple: true,
      value: 'USER',
      help: 'User name whose owner references and inbound parents are trusted, besides that of the\nTekton controller of namespace tekton-pipelines; may be repeated.',
    },
    inbound: {
      type: 'string',
      value: 'trusted|join|link|ignore',
      help: 'What to do with a parent span that a creator supplied: trusted joins it for trusted\nrequesters, else links it (default trusted).',
    },
    ...traceUrlOptions,
    'step-otlp-endpoint': {
      type: 'string',
      value: 'URL',
      help: 'OTEL_EXPORTER_OTLP_ENDPOINT for containers of runs that set no OTLP exporter; a URL\nwithout credentials (default: none).',
    },
    'drain-duration': { type: 'string', value: 'D', help: 'Time between failing readiness and closing (default 15s).' },
    kubeconfig: {
      type: 'string',
      value: 'FILE',
      help: 'Default: KUBECONFIG, the Pod’s service account, ~/.kube/config.',
    },
    ...samplingOptions,
    ...logOptions(CLUSTER_LOG),
  },
  examples: ['tektrace webhook --namespace tektrace --service-name tektrace-webhook'],
};

/** A URL without credentials: everybody who may read Pods can read it. Throws CommandError. */
function stepOtlpEndpoint(values: OptionValues): { stepOtlpEndpoint?: string } {
  const endpoint = text(values, 'step-otlp-endpoint');
  if (endpoint === undefined) return {};
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new CommandError('--step-otlp-endpoint: is not an http or https URL, like http://collector.tracing:4318');
  if (url.username || url.password || url.search)
    throw new CommandError('--step-otlp-endpoint: has a user, a password or a query, and every Pod would show it');
  return { stepOtlpEndpoint: endpoint };
}

/** Runs until a signal. Resolves to the exit code. */
export async function webhookCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(webhookSpec, args);
  const log = clusterLogger(values);
  const stop = shutdownSignal();
  const settings = {
    sampling: sampling(values),
    inbound: choice(values, 'inbound', ['trusted', 'join', 'link', 'ignore'], 'trusted'),
    trustedRequesters: [...UPSTREAM_CONTROLLERS, ...list(values, 'trusted-requester')],
    ...traceUrlSetting(values),
    ...stepOtlpEndpoint(values),
  };
  const ports = { webhook: port(values, 'port', 8443), health: port(values, 'health-port', 8081) };
  const propagationMs = durationMs(values, 'ca-propagation') ?? PROPAGATION_MS;
  const drainMs = durationMs(values, 'drain-duration') ?? DRAIN_MS;
  const registry = createMetricsRegistry(VERSION);
  const client = createKubeClient(readKubeconfig(text(values, 'kubeconfig')), {
    userAgent: `tektrace-webhook/${VERSION}`,
    observer: createRequestMetrics(registry),
    log,
  });
  const namespace = text(values, 'namespace') ?? process.env.POD_NAMESPACE ?? 'tektrace';
  const service = text(values, 'service-name') ?? 'tektrace-webhook';
  let ready: () => Promise<boolean> | boolean = () => false;
  const health = await startHealthServer(ports.health, () => ready(), { metrics: registry });
  const serverName = `${service}.${namespace}.svc`;
  const given = text(values, 'certificate-secret');
  const location = { namespace, secretName: given ?? text(values, 'secret-name') ?? 'tektrace-webhook-ca' };
  const kept = { client, ...location, clock: systemClock, log };
  const certificate = await keepCertificate(
    given === undefined
      ? ownAuthority({ ...kept, dnsNames: [serverName, `${serverName}.cluster.local`] })
      : givenCertificate(kept),
    { ...kept, configurationName: text(values, 'configuration-name') ?? 'tektrace-webhook', propagationMs },
    stop,
  ).catch((error: unknown) => {
    if (stop.aborted) return undefined;
    throw error;
  });
  if (!certificate) return 0;
  createCertificateMetrics(registry, certificate);
  const server = await startWebhookServer({
    port: ports.webhook,
    certificate: certificate.current(),
    settings,
    log,
    observer: createWebhookMetrics(registry),
  });
  certificate.onChange((pair) => server.setCertificate(pair));
  // It may have changed while the server started.
  server.setCertificate(certificate.current());
  const itself = { port: server.port, serverName };
  ready = readiness(() => requestItself({ ...itself, trustedPem: certificate.trusted() }), log);
  log.info('the webhook has started', {
    port: server.port,
    service: serverName,
    healthPort: health.port,
  });
  await aborted(stop);
  ready = () => false;
  await server.close(drainMs);
  await certificate.ended;
  await health.close();
  client.close();
  return 0;
}
