import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { pipelineRunSpan } from '../../shared/tracing/run-context.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { INSTALL_TEKTON } from './tekton.ts';
import { WEBHOOK_LABELS } from './certificate.ts';

const ABOUT = 'webhook';

/** A run that Tekton's own admission accepts, and that nobody executes: it is never stored. */
const PROBE = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'tektrace-check-' },
  spec: {
    pipelineSpec: {
      tasks: [{ name: 'check', taskSpec: { steps: [{ name: 'check', image: 'none', command: ['true'] }] } }],
    },
  },
};

export interface Admission {
  findings: Finding[];
  /** The API server's clock minus this machine's in milliseconds, as far as it goes beyond the second that the former has. */
  clockOffMs: number;
  /** Of the probe, if the webhook gave it one. */
  context?: { traceId: string; sampled: boolean };
  /** It was admitted, but without a context. */
  isUnstamped: boolean;
}

/** Creates a PipelineRun by dry run. Says whether it gets its context, and whether the cluster's clock is this machine's. */
export async function checkAdmission(
  client: KubeClient,
  namespace: string,
  now: () => number,
  signal?: AbortSignal,
): Promise<Admission> {
  const startMs = now();
  let admitted: KubeObject;
  try {
    admitted = await client.request<KubeObject>('POST', resourcePath(PIPELINE_RUNS, { namespace }), {
      ...{ body: PROBE, query: { dryRun: 'All' } },
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { findings: [refused(error, namespace)], clockOffMs: 0, isUnstamped: false };
  }
  const clockOffMs = offset(Date.parse(admitted.metadata.creationTimestamp ?? ''), startMs, now());
  const clock = clockFinding(clockOffMs);
  const context = pipelineRunSpan(admitted);
  if (!context)
    return {
      findings: [
        finding(
          'failed',
          ABOUT,
          `a PipelineRun in ${namespace} was admitted without a trace context: the webhook was not called, or did not answer`,
          `look at its Pods and their log (kubectl get pods -A ${WEBHOOK_LABELS}), at the caBundle of its MutatingWebhookConfiguration, and for the label tektrace.dev/ignore on the namespace`,
        ),
        clock,
      ],
      ...{ clockOffMs, isUnstamped: true },
    };
  return {
    context,
    findings: [finding('ok', ABOUT, `a PipelineRun in ${namespace} gets its trace context`), clock],
    ...{ clockOffMs, isUnstamped: false },
  };
}

/** Why the run can't be created. What this user may not do is not known to be wrong. */
function refused(error: ApiError, namespace: string): Finding {
  const { status, details, message } = error;
  const [, webhook] = /failed calling webhook "([^"]+)"/.exec(message) ?? [];
  const remedy = (): string => {
    if (webhook?.endsWith('.tektrace.dev'))
      return `make the webhook answer (kubectl get pods -A ${WEBHOOK_LABELS}); until then builds go on with webhook.failurePolicy=Ignore of the chart`;
    if (webhook !== undefined) return `${webhook} is not Tektrace's: make it answer, or no run can be created`;
    if (status === 403)
      return `choose a user that may create PipelineRuns there, or another namespace (--namespace NAME)`;
    if (status !== 404) return 'what refused it says why';
    return details?.kind === 'namespaces' ? 'choose a namespace that exists: --namespace NAME' : INSTALL_TEKTON;
  };
  const isForbidden = status === 403 && error.reason === 'Forbidden' && details?.kind === 'pipelineruns';
  return finding(
    isForbidden ? 'unknown' : 'failed',
    ABOUT,
    `a PipelineRun can't be created in ${namespace}: ${isForbidden ? 'this user may not create any there' : message}`,
    remedy(),
  );
}

/** The cluster's time has whole seconds. */
const CLOCK_TOLERANCE_MS = 2000;

function offset(clusterMs: number, startMs: number, endMs: number): number {
  if (clusterMs < startMs - 1000) return clusterMs - startMs;
  return clusterMs > endMs ? clusterMs - endMs : 0;
}

function clockFinding(offMs: number): Finding {
  const seconds = Math.round(Math.abs(offMs) / 1000);
  if (Math.abs(offMs) <= CLOCK_TOLERANCE_MS) return finding('ok', 'clock', 'the API server and this machine agree');
  return finding(
    'warning',
    'clock',
    `the API server's clock is ${seconds} s ${offMs < 0 ? 'behind' : 'ahead of'} this machine's`,
    'set both by NTP (timedatectl says whether a machine is): spans of programs and of nodes are placed by their own clocks',
  );
}
