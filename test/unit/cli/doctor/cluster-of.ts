import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';

type Answer = object | ((body: unknown, path: string) => unknown);

/** A client of an API server that answers GET (and POST) of these paths, and 404 to everything else. A number is an error status. */
export function clusterOf(answers: Record<string, Answer | number>): KubeClient {
  const request = async (method: string, path: string, { body }: { body?: unknown } = {}): Promise<unknown> => {
    const answer = answers[path] ?? 404;
    if (typeof answer === 'number')
      throw new ApiError(`${method} ${path}`, answer, { message: 'no', reason: answer === 403 ? 'Forbidden' : '' });
    return typeof answer === 'function' ? (answer as (body: unknown, path: string) => unknown)(body, path) : answer;
  };
  return { request, server: 'https://cluster', close: () => undefined } as unknown as KubeClient;
}

/** A Deployment as the chart's release `tektrace` in `tracing` has it. */
export const deployment = (
  component: string,
  ready: number,
  replicas = 2,
  args: string[] = [],
  env: { name: string; value?: string }[] = [],
) => ({
  metadata: {
    ...{ namespace: 'tracing', name: `tektrace-${component}` },
    labels: { 'app.kubernetes.io/component': component },
    annotations: { 'meta.helm.sh/release-name': 'tektrace', 'meta.helm.sh/release-namespace': 'tracing' },
  },
  spec: {
    replicas,
    selector: { matchLabels: { component } },
    template: { spec: { serviceAccountName: 'watcher', containers: [{ args, env }] } },
  },
  status: { readyReplicas: ready },
});

export const HELM_UPGRADE = 'helm upgrade tektrace helm/tektrace -n tracing --reset-then-reuse-values';
