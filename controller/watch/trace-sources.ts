import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { KubernetesMetrics } from '../../shared/kubernetes/metrics.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import type { ReflectorOptions } from '../../shared/kubernetes/reflector.ts';
import { CUSTOM_RUNS, EVENTS, RESOLUTION_REQUESTS } from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import type { CustomRun, ResolutionRequest } from '../../shared/tekton/types.ts';
import { essentialPodEvent, essentialCustomRun, essentialResolution } from './essentials.ts';
import type { PodEvent } from './essentials.ts';

/** Two for each pull, fewer for what fails: about two thousand Pods. */
const MAX_POD_EVENTS = 5_000;

/** What is reported often, and no span is made of. A selector knows no "one of". */
const OTHER_REASONS = ['Scheduled', 'Created', 'Started', 'Killing'];

/** What is watched for traces alone. A server need not serve all of it, and no run waits for it. */
export interface TraceSources {
  /** Index `owner`: uid of the PipelineRun. */
  customRuns: Reflector<CustomRun>;
  /** Index `owner`: uid of the PipelineRun or TaskRun. */
  resolutionRequests: Reflector<ResolutionRequest>;
  /** The newest Events about the start of TaskRuns' Pods; index `pod`: the Pod's uid. */
  podEvents: Reflector<PodEvent>;
}

export interface TraceSourceOptions {
  client: KubeClient;
  /** All namespaces without it. */
  namespace?: string | undefined;
  metrics?: KubernetesMetrics | undefined;
  /** How the reflectors wait before they try again. */
  sleep?: ReflectorOptions<KubeObject>['sleep'];
  log: Logger;
}

/** Handlers are added before they run. */
export function createTraceSources({ client, namespace, metrics, sleep, log }: TraceSourceOptions): TraceSources {
  const common = <T extends KubeObject>(resource: Resource) =>
    ({
      client,
      resource,
      log,
      optional: true,
      ...(namespace === undefined ? {} : { namespace }),
      ...(sleep && { sleep }),
      ...(metrics && { observer: metrics.reflector(resource.plural) }),
    }) satisfies Partial<ConstructorParameters<typeof Reflector<T>>[0]>;
  return {
    customRuns: new Reflector<CustomRun>({
      ...common(CUSTOM_RUNS),
      transform: essentialCustomRun,
      indexers: { owner: (customRun) => [parentOf(customRun)?.uid].filter((uid) => uid !== undefined) },
    }),
    resolutionRequests: new Reflector<ResolutionRequest>({
      ...common(RESOLUTION_REQUESTS),
      transform: essentialResolution,
      indexers: { owner: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid) },
    }),
    podEvents: new Reflector<PodEvent>({
      ...common(EVENTS),
      fieldSelector: ['involvedObject.kind=Pod', ...OTHER_REASONS.map((reason) => `reason!=${reason}`)].join(','),
      transform: essentialPodEvent,
      indexers: { pod: ({ involvedObject }) => [involvedObject.uid ?? ''] },
      maxObjects: MAX_POD_EVENTS,
    }),
  };
}
