import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { EndSignal } from '../../shared/runtime/shutdown.ts';
import type { Run } from './follow-run.ts';

/** Cancels the run; the `finally` tasks of a PipelineRun still run. Throws as `KubeClient.request`. */
export async function cancelRun(client: KubeClient, run: Run): Promise<void> {
  const { namespace, name } = run.metadata;
  const [resource, status] =
    run.kind === 'PipelineRun' ? [PIPELINE_RUNS, 'CancelledRunFinally'] : [TASK_RUNS, 'TaskRunCancelled'];
  await client.request('PATCH', resourcePath(resource, { namespace, name }), {
    body: { spec: { status } },
    contentType: MERGE_PATCH,
  });
}

/** A signal's name for messages. */
export const signalName = (signal: EndSignal): string => (signal === 'SIGINT' ? 'Ctrl-C' : signal);

/** A word quoted for a shell, if it needs quotes. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** How kubectl is called for the cluster. */
export const kubectl = (kubeconfigFile: string | undefined): string =>
  kubeconfigFile === undefined ? 'kubectl' : `kubectl --kubeconfig ${quoted(kubeconfigFile)}`;

/** The command that starts a pending run: it clears `spec.status` (Tekton's documentation of pending runs). */
export function startCommand({ kind, metadata }: Run, kubeconfigFile: string | undefined): string {
  const { namespace = 'default', name = '' } = metadata;
  return `${kubectl(kubeconfigFile)} patch ${(kind ?? '').toLowerCase()} ${name} -n ${namespace} --type merge -p '{"spec":{"status":null}}'`;
}

/** Whether nothing of the run is executed until its `spec.status` is changed. */
export const isPending = ({ spec }: Run): boolean =>
  spec.status === 'PipelineRunPending' || spec.status === 'TaskRunPending';
