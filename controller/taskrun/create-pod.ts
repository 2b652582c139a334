import { ApiError, isAlreadyExists, isRejected } from '../../shared/kubernetes/errors.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { isRefused } from '../model/refused.ts';
import { RunFailure } from '../model/run-failure.ts';
import { isOwnedBy } from '../model/task-run-owner.ts';
import type { TaskRun, TaskSpec } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import { readPod } from './find-pod.ts';
import { buildPod } from './pod/build.ts';

/** Returned instead of a Pod if it can't be created now: the TaskRun gets this reason and is requeued. */
export interface PodPostponed {
  reason: string;
  message: string;
  requeueAfterMs: number;
}

const QUOTA_RETRY_MS = 60_000;
const CONFLICT_RETRY_MS = 1000;

/**
 * Handles a failed creation (upstream's handlePodCreationError). Returns PodPostponed if a quota is in the way, throws RunFailure if the refusal is
 * final, else `error`: the reconcile is retried.
 */
const handlePodCreationError = traced('handlePodCreationError', (taskRun: TaskRun, error: unknown): PodPostponed => {
  if (error instanceof ApiError && error.status === 409 && error.details?.kind === 'resourcequotas') {
    const text = 'tried to create pod, but it failed with ResourceQuotaConflictError';
    return { reason: 'Pending', message: text, requeueAfterMs: CONFLICT_RETRY_MS };
  }
  if (error instanceof ApiError && error.status === 403 && error.message.includes('exceeded quota')) {
    const text = `TaskRun Pod exceeded available resources: ${error.answer}`;
    return { reason: 'ExceededResourceQuota', message: text, requeueAfterMs: QUOTA_RETRY_MS };
  }
  if (!isRefused(error)) throw error;
  const { status, answer: message } = error;
  if (status === 403 && (message.includes('violates PodSecurity') || message.includes('security context constraint'))) {
    throw new RunFailure('PodAdmissionFailed', message);
  }
  const { taskRef } = taskRun.spec;
  const cause = taskRef ? `missing or invalid Task ${taskRun.metadata.namespace}/${taskRef.name}` : 'invalid TaskSpec';
  throw new RunFailure(
    'PodCreationFailed',
    `failed to create task run pod "${taskRun.metadata.name}": ${message}. Maybe ${cause}`,
  );
});

/** The existing Pod of that name, if the TaskRun owns it (it was created before a crash). Throws RunFailure if it has another owner. */
const adoptPod = traced('adoptPod', async (context: ReconcileContext, taskRun: TaskRun, name: string): Promise<Pod> => {
  const pod = await readPod(context, taskRun.metadata.namespace, name);
  if (pod && isOwnedBy(pod, taskRun)) return pod;
  if (!pod) throw new Error(`Pod "${name}" existed at its creation and is gone now`);
  const message = `failed to create task run pod "${name}": a Pod of that name exists and has another owner; delete it and run again`;
  throw new RunFailure('PodCreationFailed', message);
});

/**
 * Creates the Pod of the TaskRun's present attempt, or returns the existing one. Returns PodPostponed if a quota is in the way. Throws RunFailure if
 * the API server refuses the Pod.
 */
export const createPod = traced(
  'createPod',
  async (context: ReconcileContext, taskRun: TaskRun, taskSpec: TaskSpec): Promise<Pod | PodPostponed> => {
    const body = buildPod(taskRun, taskSpec, context.images);
    const name = body.metadata?.name ?? '';
    const { uid = '' } = taskRun.metadata;
    context.created.note(uid, name);
    try {
      return await context.client.request<Pod>('POST', resourcePath(PODS, { namespace: taskRun.metadata.namespace }), {
        body,
      });
    } catch (error) {
      if (isAlreadyExists(error)) return adoptPod(context, taskRun, name);
      if (isRejected(error)) context.created.forget(uid, name);
      return handlePodCreationError(taskRun, error);
    }
  },
);
